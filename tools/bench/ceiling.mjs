/** As much as goes, product and floor in turns: what share of what this machine can do at all the product reaches. */
import { compare } from './compare.mjs';
import { closedLoop } from './load.mjs';
import { atLeast, note, round } from './report.mjs';

const SECONDS = 10;
const SHARE_OF_FLOOR = 0.7;

/** @param {import('./stack.mjs').Context} context */
export async function ceiling(context) {
  const { inFlight, seconds = SECONDS } = context.options;
  note(`ceiling: ${inFlight} in flight, ${context.options.rounds} windows of ${seconds} s each`);
  const result = await compare(context, {
    name: 'ceiling',
    inbox: { customers: inFlight, connections: Math.min(inFlight, 128) },
    begin: closedLoop,
    seconds,
  });
  const share = result.product.throughputPerSecond / result.floor.throughputPerSecond;
  return {
    ...result,
    inFlight,
    // Steadier than the share where others use the machine, too.
    cpuPerMessageTimesTheFloor: round(result.product.cpuMsPerMessage / result.floor.cpuMsPerMessage),
    figures: { shareOfFloor: atLeast(Math.round(share * 1000) / 1000, SHARE_OF_FLOOR), ...result.figures },
  };
}
