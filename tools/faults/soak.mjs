/** Half an hour of everything: 200 messages a second, something breaks again and again, and no memory may grow. */
import { setTimeout as sleep } from 'node:timers/promises';
import { rssMiB } from '../bench/usage.mjs';
import { OUR_SERVICES } from '../bench/stack.mjs';
import { killAny } from './process/random-kill.mjs';
import { PROMISES, spread } from './report.mjs';

const RATES = { in: 200, out: 5 };
const PAUSE_S = /** @type {const} */ ([20, 40]);
const SAMPLE_MS = 5_000;
/** A younger process is still warming up, and a slope over less is noise. */
const LIFE_S = 240;
const FLAT_AFTER_S = 600;
const FLAT_MIB_PER_HOUR = 100;

/** @typedef {import('./world.mjs').World} World */

/** @type {Record<string, { share: number, targetMs: number, strike: (world: World) => Promise<unknown> }>} */
const FAULTS = {
  kill: { share: 0.3, targetMs: 5_000, strike: killOne },
  'broker connections cut': {
    share: 0.35,
    targetMs: 30_000,
    strike: async ({ broker }) => broker.proxy.reset(),
  },
  'database connections cut': {
    share: 0.35,
    targetMs: 30_000,
    strike: async ({ postgres }) => postgres.proxy.reset(),
  },
};

/** @param {World} world */
async function killOne(world) {
  const [name, pid] = killAny(world);
  await world.stack.untilBack(name, pid);
}

/** @param {World} world */
function pickFault({ random }) {
  let chance = random.next();
  for (const [name, fault] of Object.entries(FAULTS))
    if ((chance -= fault.share) < 0) return /** @type {const} */ ([name, fault]);
  return /** @type {const} */ (['kill', FAULTS.kill]);
}

/**
 * @param {World} world
 * @param {number} minutes
 * @returns {Promise<{ row: import('./report.mjs').Row, memory: Slope[], struck: Record<string, number> }>}
 */
export async function soak(world, minutes) {
  const began = performance.now();
  const until = began + minutes * 60_000;
  const memory = new Memory(world);
  const recoveries = [];
  /** @type {Record<string, number>} */
  const struck = {};
  let error;
  const accepted = world.ledger.acceptedCount;
  const sends = world.outbound.accepted.size;
  world.load.start(RATES);
  try {
    for (;;) {
      const pause = world.random.between(...PAUSE_S) * 1_000;
      if (performance.now() + pause > until) break;
      await sleep(pause);
      const [name, fault] = pickFault(world);
      const at = performance.now();
      await fault.strike(world);
      const took = await world.recovered(at);
      struck[name] = (struck[name] ?? 0) + 1;
      recoveries.push(took);
      if (took > fault.targetMs)
        error = `${name}: recovered in ${Math.round(took)} ms instead of ${fault.targetMs}`;
      const left = Math.round((until - performance.now()) / 60_000);
      world.note(
        `soak: ${name}, recovered in ${Math.round(took)} ms; ${world.ledger.acceptedCount - accepted} in, ${left} min left`,
      );
    }
    await sleep(Math.max(0, until - performance.now()));
  } catch (caught) {
    error = caught instanceof Error ? caught.message : String(caught);
  }
  memory.stop();
  const after = await world.verdict(began, 120_000);
  const slopes = memory.slopes();
  const steep = slopes.filter(
    ({ judged, seconds, perHour }) => judged && seconds >= FLAT_AFTER_S && perHour > FLAT_MIB_PER_HOUR,
  );
  for (const { name, perHour } of steep) error ??= `${name} grows by ${perHour} MiB an hour`;
  const row = {
    fault: 'soak',
    title: `${minutes} min at ${RATES.in}/s in and ${RATES.out}/s out, random faults`,
    times: recoveries.length,
    accepted: after.accepted - accepted,
    sends: after.sends - sends,
    outcomes: world.outbound.outcomes(began),
    broken: /** @type {any} */ (Object.fromEntries(PROMISES.map((what) => [what, after[what]]))),
    recoveryMs: spread(recoveries),
    targetMs: Math.max(...Object.values(FAULTS).map(({ targetMs }) => targetMs)),
    seconds: Math.round((performance.now() - began) / 1000),
    ...(error && { error }),
  };
  return { row, memory: slopes, struck };
}

/**
 * @typedef {object} Slope
 * @property {string} name
 * @property {number} lives that were long enough
 * @property {number} seconds of them that were looked at
 * @property {number} lastMiB
 * @property {number} perHour MiB
 * @property {boolean} judged whether it has to be flat
 */

/** What each process takes, life by life. */
class Memory {
  #timer;
  #world;
  /** @type {Map<string, { name: string, samples: [number, number][] }>} */
  #lives = new Map();

  /** @param {World} world */
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

  /** By service: over all lives that were long enough, each without its first third. @returns {Slope[]} */
  slopes() {
    /** @type {Map<string, { seconds: number, growth: number, lives: number, last: number }>} */
    const sums = new Map();
    for (const { name, samples } of this.#lives.values()) {
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
}

/** Least squares. @param {[number, number][]} points @returns {number} growth a second */
function slope(points) {
  const mean = (/** @type {0 | 1} */ axis) =>
    points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, [at, size]) => sum + (at - x) * (size - y), 0);
  return over / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}
