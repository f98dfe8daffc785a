/**
 * More than anybody has, in open loop: whether it keeps up, and how late a message is shown then. The product has the
 * machine to itself, and the floor after it: what stands idle beside still cleans up and writes down.
 */
import { compare } from './compare.mjs';
import { openLoop } from './load.mjs';
import { atLeast, atMost, note, round } from './report.mjs';

const RATE = 2_000;
/** Two of the kernel's periods of 30 s, at the end of which it writes down all at once: each window has as many. */
const SECONDS = 60;
/** So many that hardly anybody waits for an answer before writing again. */
const CUSTOMERS = 2_000;
const WEBHOOK_TO_SOCKET_P99_MS = 100;
/** Later than this it would not be the load that was asked for. */
const POSTED_LATE_P99_MS = 20;

/** @param {import('./stack.mjs').Context} context */
export async function open(context) {
  const { rate = RATE, seconds = SECONDS, rounds } = context.options;
  note(`open: ${rate}/s, ${rounds} windows of ${seconds} s each`);
  const result = await compare(context, {
    name: 'open',
    inbox: { customers: CUSTOMERS, connections: 256 },
    begin: (inbox) => openLoop(inbox, rate),
    seconds,
    apart: true,
  });
  const { product, floor } = result;
  return {
    ...result,
    offeredPerSecond: rate,
    webhookToSocketP99TimesTheFloor: round(product.webhookToSocketP99Ms / floor.webhookToSocketP99Ms),
    figures: {
      throughputPerSecond: atLeast(product.throughputPerSecond, rate * 0.98),
      webhookToSocketP99Ms: atMost(product.webhookToSocketP99Ms, WEBHOOK_TO_SOCKET_P99_MS),
      postedLateP99Ms: atMost(product.postedLateP99Ms ?? Infinity, POSTED_LATE_P99_MS),
      ...result.figures,
    },
  };
}
