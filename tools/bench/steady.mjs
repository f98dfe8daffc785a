/** What a busy business has: 5,000 messages a minute, evenly, and every one at once on the screens. */
import { openInbox } from './inbox.mjs';
import { measure, openLoop } from './load.mjs';
import { atMost, note } from './report.mjs';

const RATE = 84;
const WARM_UP = 10;
const SECONDS = 60;
const CUSTOMERS = 500;
const ACCEPT_P99_MS = 15;
const WEBHOOK_TO_SOCKET_P99_MS = 25;

/** @param {import('./stack.mjs').Context} context */
export async function steady(context) {
  const { rate = RATE, seconds = SECONDS } = context.options;
  const inbox = await openInbox(context, { customers: CUSTOMERS });
  note(`steady: ${rate}/s for ${seconds} s after ${WARM_UP} s`);
  const plan = { warmUp: WARM_UP, seconds, offeredPerSecond: rate };
  const result = await measure(context, inbox, () => openLoop(inbox, rate), plan);
  await inbox.close();
  return {
    ...result,
    figures: {
      acceptP99Ms: atMost(result.acceptMs?.p99 ?? Infinity, ACCEPT_P99_MS),
      webhookToSocketP99Ms: atMost(result.webhookToSocketMs?.p99 ?? Infinity, WEBHOOK_TO_SOCKET_P99_MS),
      ...result.figures,
    },
  };
}
