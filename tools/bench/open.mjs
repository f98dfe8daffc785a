/** More than anybody has, in open loop: whether it keeps up, and how late a message is shown then. */
import { openInbox } from './inbox.mjs';
import { measure, openLoop } from './load.mjs';
import { atLeast, atMost, note } from './report.mjs';

const RATE = 2_000;
const WARM_UP = 10;
const SECONDS = 20;
/** So many that hardly anybody waits for an answer before writing again. */
const CUSTOMERS = 2_000;
const WEBHOOK_TO_SOCKET_P99_MS = 100;
/** Later than this it would not be the load that was asked for. */
const POSTED_LATE_P99_MS = 20;

/** @param {import('./stack.mjs').Context} context */
export async function open(context) {
  const { rate = RATE, seconds = SECONDS } = context.options;
  const inbox = await openInbox(context, { customers: CUSTOMERS, connections: 256 });
  note(`open: ${rate}/s for ${seconds} s after ${WARM_UP} s`);
  const plan = { warmUp: WARM_UP, seconds, offeredPerSecond: rate };
  const result = await measure(context, inbox, () => openLoop(inbox, rate), plan);
  await inbox.close();
  return {
    ...result,
    figures: {
      throughputPerSecond: atLeast(result.throughputPerSecond, rate * 0.98),
      webhookToSocketP99Ms: atMost(result.webhookToSocketMs?.p99 ?? Infinity, WEBHOOK_TO_SOCKET_P99_MS),
      postedLateP99Ms: atMost(result.postedLateMs?.p99 ?? Infinity, POSTED_LATE_P99_MS),
      ...result.figures,
    },
  };
}
