/** Whether the memory of a process grows, looked at life by life: what was killed begins anew. */
import { OUR_SERVICES } from '../bench/stack.mjs';
import { rssMiB } from '../bench/usage.mjs';

const SAMPLE_MS = 5_000;
/** A younger process is still warming up. */
const LIFE_S = 240;

/**
 * @typedef {object} Slope
 * @property {string} name
 * @property {number} lives that were long enough
 * @property {number} seconds of them that were looked at
 * @property {number} lastMiB
 * @property {number} perHour MiB
 * @property {boolean} judged whether it has to be flat
 *
 * @typedef {{ name: string, samples: [number, number][] }} ProcessLife samples: seconds, MiB
 */

/** What each process takes. */
export class Memory {
  #timer;
  #world;
  /** @type {Map<string, ProcessLife>} */
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
      const life = this.#lives.get(key) ?? { name, samples: [] };
      this.#lives.set(key, life);
      if (sizes[name]) life.samples.push([performance.now() / 1000, sizes[name]]);
    }
  }

  slopes() {
    return slopesOf([...this.#lives.values()]);
  }
}

/** By service: over all lives that were long enough, each without its first third. @param {ProcessLife[]} lives @returns {Slope[]} */
export function slopesOf(lives) {
  /** @type {Map<string, { seconds: number, growth: number, lives: number, last: number }>} */
  const sums = new Map();
  for (const { name, samples } of lives) {
    const lived = samples.length < 2 ? 0 : samples[samples.length - 1][0] - samples[0][0];
    if (lived < LIFE_S) continue;
    const rest = samples.filter(([at]) => at >= samples[0][0] + lived / 3);
    const seconds = (lived * 2) / 3;
    const sum = sums.get(name) ?? { seconds: 0, growth: 0, lives: 0, last: 0 };
    sums.set(name, {
      seconds: sum.seconds + seconds,
      growth: sum.growth + slope(rest) * seconds,
      lives: sum.lives + 1,
      last: Math.round(rest[rest.length - 1][1]),
    });
  }
  return [...sums].map(([name, { seconds, growth, lives, last }]) => ({
    name,
    lives,
    seconds: Math.round(seconds),
    lastMiB: last,
    // Only our own are judged; the others are there to be seen.
    perHour: Math.round((growth / seconds) * 3_600),
    judged: OUR_SERVICES.test(name),
  }));
}

/** Least squares. @param {[number, number][]} points @returns {number} growth a second */
function slope(points) {
  const mean = (/** @type {0 | 1} */ axis) =>
    points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, [at, size]) => sum + (at - x) * (size - y), 0);
  return over / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}
