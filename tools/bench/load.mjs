/** The two ways to press: so many a second whatever happens, or as much as is answered. */
import { setTimeout as sleep } from 'node:timers/promises';
import { diskFigures, stillIn, watchDisk } from './disk.mjs';
import { atMost, promises, round, spread } from './report.mjs';
import { cpuPercent, rssMiB, sampleCpu } from './usage.mjs';

const ANSWER_TIMEOUT_MS = 60_000;

/**
 * @typedef {Awaited<ReturnType<import('./inbox.mjs').openInbox>>} Inbox
 * @typedef {{ stop: () => Promise<unknown>, late?: number[] }} Load
 */

/**
 * Open loop: evenly spaced, and not slowed down by slow answers. Who has not been answered yet writes later, so that
 * the order of a customer's messages is never in doubt; how much later is written down.
 *
 * @param {Inbox} inbox
 * @param {number} perSecond
 * @param {number} [count] so many of the customers take turns
 */
export function openLoop({ meta, customers }, perSecond, count = customers.length) {
  /** @type {Promise<unknown>[]} the last one of each customer */
  const last = Array.from({ length: count }, () => Promise.resolve());
  /** @type {number[]} milliseconds after it was due */
  const late = [];
  let running = true;
  const done = (async () => {
    const began = performance.now();
    for (let fired = 0; running; fired++) {
      const due = began + (fired * 1000) / perSecond;
      const wait = due - performance.now();
      if (wait > 0) await sleep(wait);
      if (!running) break;
      const customer = fired % count;
      last[customer] = last[customer].then(() => {
        if (!running) return undefined;
        late.push(performance.now() - due);
        return meta.write(customer);
      });
    }
    await Promise.all(last);
  })();
  return {
    late,
    /** Resolves when everything that was begun is answered. */
    stop() {
      running = false;
      return done;
    },
  };
}

/**
 * Closed loop: every customer writes again as soon as a screen shows what they wrote before.
 *
 * @param {Inbox} inbox
 */
export function closedLoop({ meta, customers, ledger }) {
  let running = true;
  const done = Promise.all(
    customers.map(async (_, customer) => {
      while (running) {
        const n = await meta.write(customer);
        await ledger.onScreen(n);
      }
    }),
  );
  return {
    stop() {
      running = false;
      // What never comes is lost, and counted as such; it must not keep the run from its end.
      const timer = setTimeout(() => ledger.letGo(), 30_000);
      return done.finally(() => clearTimeout(timer));
    },
  };
}

/**
 * Ends the load. A webhook that never answers again must not keep the run from its end: it is counted.
 *
 * @param {Load} load
 */
export function stopped(load) {
  return Promise.race([load.stop(), sleep(ANSWER_TIMEOUT_MS)]);
}

/**
 * One measured window: warms up, measures, and ends the load.
 *
 * @param {import('./stack.mjs').BenchStack} stack
 * @param {Inbox} inbox
 * @param {() => Load} begin
 * @param {{ warmUp: number, seconds: number, disk?: boolean }} plan with `disk`, what that took by itself as well
 */
export async function measureWindow(stack, inbox, begin, { warmUp, seconds, disk = false }) {
  const { ledger } = inbox;
  const load = begin();
  await sleep(warmUp * 1000);
  stack.read();
  const { services } = stack.info;
  await stack.profile();
  const watched = disk ? await watchDisk(stack.home) : undefined;
  const first = ledger.count;
  const firstLate = load.late?.length;
  const before = sampleCpu(services);
  await sleep(seconds * 1000);
  const after = sampleCpu(services);
  const end = ledger.count;
  const syncs = await watched?.();
  await stack.profile();
  const memory = rssMiB(services);
  await stopped(load);
  await ledger.untilOnAllScreens(ledger.open(), ANSWER_TIMEOUT_MS);
  const { accept, toSocket, lastSeenAt } = ledger.times(first, end);
  const took = (lastSeenAt - before.at) / 1000;
  const used = cpuPercent(before, after);
  return {
    messages: end - first,
    throughputPerSecond: took > 0 ? round(toSocket.length / took) : 0,
    acceptMs: spread(accept),
    webhookToSocketMs: spread(toSocket),
    ...(syncs && {
      webhookToSocketElseMs: spread(ledger.times(first, end, stillIn(syncs)).toSocket),
      disk: diskFigures(syncs),
    }),
    ...(load.late && { postedLateMs: spread(load.late.slice(firstLate)) }),
    cpuMsPerMessage: cpuMsPerMessage(used, toSocket.length / seconds),
    cpuPercent: used,
    rssMiB: memory,
  };
}

/** Of what is measured, without who measures. @param {Record<string, number>} percent @param {number} perSecond */
export function cpuMsPerMessage(percent, perSecond) {
  const { 'load driver': driver, 'everything else': others, ...ours } = percent;
  const total = Object.values(ours).reduce((sum, one) => sum + one, 0);
  return Math.round((total * 10_000) / perSecond) / 1000;
}

/**
 * One window, and what became of every message.
 *
 * @param {import('./stack.mjs').Context} context
 * @param {Inbox} inbox
 * @param {() => Load} begin
 * @param {{ warmUp: number, seconds: number, offeredPerSecond: number | null }} plan
 */
export async function measure({ stack }, inbox, begin, plan) {
  const result = await measureWindow(stack, inbox, begin, plan);
  const verdict = await inbox.ledger.verdict();
  return {
    ...result,
    offeredPerSecond: plan.offeredPerSecond,
    seconds: plan.seconds,
    ...verdict,
    retries: inbox.meta.retries,
    reconnects: inbox.screens.reduce((sum, screen) => sum + screen.reconnects, 0),
    figures: { ...promises(verdict), unanswered: atMost(inbox.meta.inFlight, 0) },
  };
}
