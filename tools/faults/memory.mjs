/** Whether the memory of a process grows, looked at in its longest life: what was killed begins anew. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rssMiB } from '../bench/usage.mjs';

const SAMPLE_MS = 5_000;

/**
 * @typedef {object} Slope
 * @property {string} name
 * @property {number} seconds of its longest life that were looked at
 * @property {number} residentMiB at the end
 * @property {number} residentPerHour MiB
 * @property {number} [liveMiB] at the end: what is in use after all garbage is collected
 * @property {number} [livePerHour] MiB: this has to be flat
 *
 * @typedef {[seconds: number, MiB: number]} Sample
 * @typedef {{ name: string, resident: Sample[], live: Sample[] }} ProcessLife
 */

/** What each process takes. */
export class Memory {
  #timer;
  #world;
  /** @type {Map<string, { name: string, pid: number | null, resident: Sample[] }>} */
  #lives = new Map();

  /** @param {import('./world.mjs').World} world */
  constructor(world) {
    this.#world = world;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  #sample() {
    const { stack, postgres, broker } = this.#world;
    stack.read();
    const own = stack.ours();
    const others = [
      { name: 'postgres', pid: postgres.pid ?? null },
      { name: 'rabbitmq', pid: broker.pid ?? null },
    ];
    const processes = [...own, ...others].filter(({ pid }) => pid);
    const sizes = { ...rssMiB(processes), driver: process.memoryUsage().rss / 2 ** 20 };
    for (const { name, pid } of [...processes, { name: 'driver', pid: process.pid }]) {
      const key = `${name} ${pid}`;
      const life = this.#lives.get(key) ?? { name, pid, resident: [] };
      this.#lives.set(key, life);
      if (sizes[name]) life.resident.push([performance.now() / 1000, sizes[name]]);
    }
  }

  slopes() {
    const lives = [...this.#lives.values()];
    return slopesOf(lives.map(({ name, pid, resident }) => ({ name, resident, live: this.#liveOf(pid) })));
  }

  /** As the process itself wrote it down. @param {number | null} pid @returns {Sample[]} */
  #liveOf(pid) {
    try {
      const lines = readFileSync(join(this.#world.memoryDir, String(pid)), 'utf8')
        .trim()
        .split('\n');
      return lines.map((line) => /** @type {Sample} */ (line.split(' ').map(Number)));
    } catch {
      return [];
    }
  }
}

/** By service: over its longest life, without the first third, which is warming up. @param {ProcessLife[]} lives @returns {Slope[]} */
export function slopesOf(lives) {
  const names = [...new Set(lives.map(({ name }) => name))];
  return names.flatMap((name) => {
    const own = lives.filter((life) => life.name === name);
    const longest = own.reduce((a, b) => (spanOf(b.resident) > spanOf(a.resident) ? b : a));
    const resident = growth(longest.resident);
    const live = growth(longest.live);
    if (!resident) return [];
    const { seconds, last, perHour } = resident;
    return {
      ...{ name, seconds, residentMiB: last, residentPerHour: perHour },
      ...(live && { liveMiB: live.last, livePerHour: live.perHour }),
    };
  });
}

/** @param {Sample[]} samples */
function growth(samples) {
  const span = spanOf(samples);
  if (span === 0) return undefined;
  return {
    seconds: Math.round((span * 2) / 3),
    last: Math.round(samples.at(-1)?.[1] ?? 0),
    perHour: Math.round(slope(samples.filter(([at]) => at >= samples[0][0] + span / 3)) * 3_600),
  };
}

/** @param {Sample[]} samples */
const spanOf = (samples) => (samples.length < 2 ? 0 : samples[samples.length - 1][0] - samples[0][0]);

/** Least squares. @param {Sample[]} points @returns {number} growth a second */
function slope(points) {
  const mean = (/** @type {0 | 1} */ axis) =>
    points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, [at, size]) => sum + (at - x) * (size - y), 0);
  return over / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}
