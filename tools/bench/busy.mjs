/** Six times what a busy business has, product and floor in turns: how much slower than need be a message is shown. */
import { compare } from './compare.mjs';
import { openLoop } from './load.mjs';
import { atMost, note, round } from './report.mjs';

const RATE = 500;
const SECONDS = 15;
const CUSTOMERS = 1_000;
const TIMES_THE_FLOOR = 3;

/** @param {import('./stack.mjs').Context} context */
export async function busy(context) {
  const { rate = RATE, seconds = SECONDS, rounds } = context.options;
  note(`busy: ${rate}/s, ${rounds} windows of ${seconds} s each`);
  const result = await compare(context, {
    name: 'busy',
    inbox: { customers: CUSTOMERS, connections: 128 },
    begin: (inbox) => openLoop(inbox, rate),
    seconds,
  });
  const times = result.product.webhookToSocketP99Ms / result.floor.webhookToSocketP99Ms;
  return {
    ...result,
    offeredPerSecond: rate,
    figures: { webhookToSocketP99TimesTheFloor: atMost(round(times), TIMES_THE_FLOOR), ...result.figures },
  };
}
