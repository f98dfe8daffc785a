/** As much as goes: every customer writes again as soon as the first screen shows what they wrote before. */
import { openInbox } from './inbox.mjs';
import { closedLoop, measure } from './load.mjs';
import { atLeast, note } from './report.mjs';

const WARM_UP = 10;
const SECONDS = 20;
const PER_SECOND = 1_500;

/** @param {import('./stack.mjs').Context} context */
export async function sustained(context) {
  const { inFlight, seconds = SECONDS } = context.options;
  const inbox = await openInbox(context, { customers: inFlight, connections: Math.min(inFlight, 128) });
  note(`sustained: ${inFlight} in flight for ${seconds} s after ${WARM_UP} s`);
  const plan = { warmUp: WARM_UP, seconds, offeredPerSecond: null };
  const result = await measure(context, inbox, () => closedLoop(inbox), plan);
  await inbox.close();
  return {
    ...result,
    inFlight,
    figures: { throughputPerSecond: atLeast(result.throughputPerSecond, PER_SECOND), ...result.figures },
  };
}
