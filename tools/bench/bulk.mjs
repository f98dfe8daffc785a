/** Meta delivers what had piled up: some huge deliveries at one moment, while others write as ever. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openInbox } from './inbox.mjs';
import { openLoop, stopped } from './load.mjs';
import { atMost, note, promises, round, spread } from './report.mjs';
import { cpuPercent, rssMiB, sampleCpu } from './usage.mjs';

const RATE = 84;
const WARM_UP = 10;
const BEFORE_SECONDS = 15;
const AFTER_SECONDS = 25;
const CALM_SECONDS = 10;
const DELIVERIES = 10;
const ITEMS = 1_000;
/** Messages of each customer in a delivery: their order must hold, too. */
const IN_A_ROW = 5;
const OTHERS = 500;
const ACCEPT_MS = 2_000;
const BACK_TO_NORMAL_MS = 10_000;
/** Normal is what is fast enough, or not much slower than it was before on a slow machine. */
const NORMAL_P99_MS = 25;
const NORMAL_TIMES_BEFORE = 2;
const WINDOW_MS = 5_000;
const STEP_MS = 100;

/** @param {import('./stack.mjs').Context} context */
export async function bulk(context) {
  const { rate = RATE } = context.options;
  const { stack } = context;
  const writers = (DELIVERIES * ITEMS) / IN_A_ROW;
  const inbox = await openInbox(context, { customers: OTHERS + writers });
  const { ledger, meta } = inbox;
  note(`bulk: ${rate}/s of others, then ${DELIVERIES} deliveries of ${ITEMS} items at once`);
  const load = openLoop(inbox, rate, OTHERS);
  await sleep(WARM_UP * 1000);
  const first = ledger.count;
  await sleep(BEFORE_SECONDS * 1000);
  const normal = ledger.times(first, ledger.count);

  const before = sampleCpu(stack.info.services);
  const postedAt = performance.now();
  const deliveries = await Promise.all(
    Array.from({ length: DELIVERIES }, (_, d) => meta.writeTogether(customersOfDelivery(d))),
  );
  const acceptMs = deliveries.map(([n]) => ledger.acceptedAt[n] - ledger.postedAt[n]);
  note(`bulk: accepted after ${acceptMs.map(Math.round).join(', ')} ms`);
  await ledger.untilOnAllScreens(deliveries.flat(), 60_000);
  const allOnScreenMs = Math.max(...deliveries.flat().map((n) => ledger.seenAt[n])) - postedAt;
  note(`bulk: all on screen after ${Math.round(allOnScreenMs)} ms`);
  // Where it takes long, long enough to see when it was over.
  await sleep(Math.max(CALM_SECONDS * 1000, postedAt + AFTER_SECONDS * 1000 - performance.now()));
  const after = sampleCpu(stack.info.services);
  await stopped(load);
  const verdict = await ledger.verdict();
  await inbox.close();

  const others = Array.from({ length: ledger.count - first }, (_, i) => first + i)
    .filter((n) => ledger.customer[n] < OTHERS && ledger.acceptedAt[n])
    .map((n) => ({
      at: ledger.postedAt[n] - postedAt,
      ms: (ledger.seenAt[n] || Infinity) - ledger.postedAt[n],
    }));
  const meanwhile = others.filter(({ at }) => at >= 0 && at < BACK_TO_NORMAL_MS).map(({ ms }) => ms);
  const limit = Math.max(NORMAL_P99_MS, NORMAL_TIMES_BEFORE * (spread(normal.toSocket)?.p99 ?? 0));
  return {
    messages: ledger.count,
    deliveries: DELIVERIES,
    itemsInEach: ITEMS,
    offeredPerSecond: rate,
    acceptMs: spread(acceptMs),
    allOnScreenMs: round(allOnScreenMs),
    itemsPerSecond: round((DELIVERIES * ITEMS * 1000) / allOnScreenMs),
    othersBefore: { acceptMs: spread(normal.accept), webhookToSocketMs: spread(normal.toSocket) },
    othersInTheNextTenSeconds: spread(meanwhile),
    normalP99Ms: limit,
    ...verdict,
    retries: meta.retries,
    cpuPercent: cpuPercent(before, after),
    rssMiB: rssMiB(stack.info.services),
    figures: {
      slowestAcceptMs: atMost(round(Math.max(...acceptMs)), ACCEPT_MS),
      othersBackToNormalMs: atMost(backToNormal(others, limit), BACK_TO_NORMAL_MS),
      ...promises(verdict),
      unanswered: atMost(meta.inFlight, 0),
    },
  };
}

/** @param {number} delivery @returns {number[]} customers who write in no other one, each some times in a row */
function customersOfDelivery(delivery) {
  const first = OTHERS + (delivery * ITEMS) / IN_A_ROW;
  return Array.from({ length: ITEMS }, (_, i) => first + Math.floor(i / IN_A_ROW));
}

/**
 * From which moment on the p99 of what was posted in the next five seconds is normal.
 *
 * @param {{ at: number, ms: number }[]} messages by when they were posted, the disturbance being at 0
 * @param {number} limit
 * @returns {number} Infinity where that was never seen
 */
export function backToNormal(messages, limit) {
  const end = Math.max(...messages.map(({ at }) => at));
  for (let from = 0; from + WINDOW_MS <= end; from += STEP_MS) {
    const window = messages.filter(({ at }) => at >= from && at < from + WINDOW_MS).map(({ ms }) => ms);
    const p99 = spread(window)?.p99;
    if (p99 !== undefined && p99 <= limit) return from;
  }
  return Infinity;
}
