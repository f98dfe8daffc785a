/** Half an hour of everything: 200 messages a second, something breaks again and again, and no memory may grow. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Memory } from './memory.mjs';
import { shortHang } from './process/hang.mjs';
import { killAny } from './process/random-kill.mjs';
import { PROMISES, spread } from './report.mjs';

const RATES = { in: 200, out: 5 };
const PAUSE_S = /** @type {const} */ ([20, 40]);
/** Who shall be looked at has to live: after this share of the time processes stand still for a while, and none is killed. */
const KILLS_UNTIL = 0.4;
/** A slope over less is noise. */
const FLAT_AFTER_S = 600;
const FLAT_MIB_PER_HOUR = 20;

/** @typedef {import('./world.mjs').World} World */

/** @type {Record<string, { share: number, targetMs: number, strike: (world: World) => Promise<number> }>} each answers how long it took to recover */
const FAULTS = {
  kill: { share: 0.3, targetMs: 5_000, strike: killOne },
  hang: { share: 0.3, targetMs: 5_000, strike: (world) => shortHang.run(world, 0) },
  'broker connections cut': {
    share: 0.35,
    targetMs: 30_000,
    strike: (world) => cut(world, world.broker.proxy),
  },
  'database connections cut': {
    share: 0.35,
    targetMs: 30_000,
    strike: (world) => cut(world, world.postgres.proxy),
  },
};

/** @param {World} world */
function killOne(world) {
  const victim = killAny(world);
  return world.survived(performance.now(), [victim]);
}

/** @param {World} world @param {import('./proxy.mjs').Proxy} proxy */
function cut(world, proxy) {
  proxy.reset();
  return world.recovered(performance.now());
}

/** @param {World} world @param {'kill' | 'hang'} toProcess what happens to processes now */
function pickFault({ random }, toProcess) {
  const names = [toProcess, 'broker connections cut', 'database connections cut'];
  let chance = random.next();
  const name = names.find((name) => (chance -= FAULTS[name].share) < 0) ?? toProcess;
  return /** @type {const} */ ([name, FAULTS[name]]);
}

/**
 * @param {World} world
 * @param {number} minutes
 * @param {number} load what the rates are multiplied by
 * @returns {Promise<{ row: import('./report.mjs').Row, memory: import('./memory.mjs').Slope[], struck: Record<string, number> }>}
 */
export async function soak(world, minutes, load) {
  const began = performance.now();
  const until = began + minutes * 60_000;
  const memory = new Memory(world);
  world.replaced.length = 0;
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
      const early = performance.now() < began + minutes * 60_000 * KILLS_UNTIL;
      const [name, fault] = pickFault(world, early ? 'kill' : 'hang');
      const took = await fault.strike(world);
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
  await shortHang.end?.(world);
  const after = await world.verdict(began, 120_000);
  const slopes = memory.slopes();
  const steep = slopes.filter(
    ({ seconds, livePerHour = 0 }) => seconds >= FLAT_AFTER_S && livePerHour > FLAT_MIB_PER_HOUR,
  );
  for (const { name, livePerHour } of steep)
    error ??= `what ${name} has in use grows by ${livePerHour} MiB an hour`;
  const row = {
    fault: 'soak',
    title: `${minutes} min at ${RATES.in * load}/s in and ${RATES.out * load}/s out, random faults`,
    times: recoveries.length,
    accepted: after.accepted - accepted,
    sends: after.sends - sends,
    outcomes: world.outbound.outcomes(began),
    broken: /** @type {any} */ (Object.fromEntries(PROMISES.map((what) => [what, after[what]]))),
    recoveryMs: spread(recoveries),
    replacedMs: spread(world.replaced),
    targetMs: Math.max(...Object.values(FAULTS).map(({ targetMs }) => targetMs)),
    seconds: Math.round((performance.now() - began) / 1000),
    ...(error && { error }),
  };
  return { row, memory: slopes, struck };
}
