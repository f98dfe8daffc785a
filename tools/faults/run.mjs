/** Runs one fault as often as it should strike, and counts what it broke. */
import { PROMISES, spread } from './report.mjs';

const RATES = { in: 60, out: 6 };
const BLOCK = 5;

/**
 * @param {import('./world.mjs').World} world
 * @param {import('./world.mjs').Fault} fault
 * @param {number} times
 * @returns {Promise<import('./report.mjs').Row>}
 */
export async function runFault(world, fault, times) {
  const { name, title, recoveryMs: targetMs, block = BLOCK, strikes = 1, rates = RATES } = fault;
  const began = performance.now();
  const before = {
    accepted: world.ledger.acceptedCount,
    sends: world.outbound.accepted.size,
    ...world.counts,
  };
  /** @type {number[]} */
  const recoveries = [];
  world.replaced.length = 0;
  let struck = 0;
  let error;
  world.load.start(rates);
  try {
    for (let round = 0; struck < times; round++) {
      const count = Math.min(strikes, times - struck);
      const took = await fault.run(world, round, count);
      recoveries.push(...[took ?? []].flat());
      struck += count;
      if (struck % block === 0 && struck < times) {
        await world.settled();
        world.note(`${name}: ${struck} of ${times}`);
      }
    }
  } catch (caught) {
    error = caught instanceof Error ? caught.message : String(caught);
    world.note(`${name}: ${caught instanceof Error ? caught.stack : caught}`);
  }
  try {
    await fault.end?.(world);
  } catch (caught) {
    error ??= caught instanceof Error ? caught.message : String(caught);
  }
  const after = await world.verdict(began);
  world.counts = after;
  const since = (/** @type {string} */ what) => after[what] - (before[what] ?? 0);
  return {
    fault: name,
    title,
    times: struck,
    accepted: since('accepted'),
    sends: since('sends'),
    outcomes: world.outbound.outcomes(began),
    broken: /** @type {any} */ (Object.fromEntries(PROMISES.map((what) => [what, since(what)]))),
    recoveryMs: spread(recoveries),
    replacedMs: spread(world.replaced),
    targetMs,
    seconds: Math.round((performance.now() - began) / 1000),
    ...(error && { error }),
  };
}
