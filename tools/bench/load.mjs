/** The two ways to press: so many a second whatever happens, or as much as is answered. */
import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, promises, round, spread } from './report.mjs';
import { cpuPercent, rssMiB, sampleCpu } from './usage.mjs';

const ANSWER_TIMEOUT_MS = 60_000;

/** @typedef {Awaited<ReturnType<import('./inbox.mjs').openInbox>>} Inbox */

/**
 * Open loop: evenly spaced, and not slowed down by slow answers. Who has not been answered yet writes later, so that
 * the order of a customer's messages is never in doubt.
 *
 * @param {Inbox} inbox
 * @param {number} perSecond
 */
export function openLoop({ meta, customers }, perSecond) {
  /** @type {Promise<unknown>[]} the last one of each customer */
  const last = customers.map(() => Promise.resolve());
  let running = true;
  const done = (async () => {
    const began = performance.now();
    for (let fired = 0; running; fired++) {
      const wait = began + (fired * 1000) / perSecond - performance.now();
      if (wait > 0) await sleep(wait);
      if (!running) break;
      const customer = fired % customers.length;
      last[customer] = last[customer].then(() => running && meta.write(customer));
    }
    await Promise.all(last);
  })();
  return {
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
 * @param {{ stop: () => Promise<unknown> }} load
 */
export function stopped(load) {
  return Promise.race([load.stop(), sleep(ANSWER_TIMEOUT_MS)]);
}

/**
 * One measured window: warms up, measures, and ends the load.
 *
 * @param {import('./stack.mjs').BenchStack} stack
 * @param {Inbox} inbox
 * @param {() => { stop: () => Promise<unknown> }} begin
 * @param {{ warmUp: number, seconds: number }} plan
 */
export async function measureWindow(stack, inbox, begin, { warmUp, seconds }) {
  const { ledger } = inbox;
  const load = begin();
  await sleep(warmUp * 1000);
  stack.read();
  const { services } = stack.info;
  const first = ledger.count;
  const before = sampleCpu(services);
  await sleep(seconds * 1000);
  const after = sampleCpu(services);
  const end = ledger.count;
  const memory = rssMiB(services);
  await stopped(load);
  await ledger.untilOnAllScreens(ledger.open(), ANSWER_TIMEOUT_MS);
  const { accept, toSocket, lastSeenAt } = ledger.times(first, end);
  const took = (lastSeenAt - before.at) / 1000;
  return {
    messages: end - first,
    throughputPerSecond: took > 0 ? round(toSocket.length / took) : 0,
    acceptMs: spread(accept),
    webhookToSocketMs: spread(toSocket),
    cpuPercent: cpuPercent(before, after),
    rssMiB: memory,
  };
}

/**
 * One window, and what became of every message.
 *
 * @param {import('./stack.mjs').Context} context
 * @param {Inbox} inbox
 * @param {() => { stop: () => Promise<unknown> }} begin
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
