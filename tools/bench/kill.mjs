/**
 * What `kill -9` of any service costs: each one in turn, again and again, under load. What was accepted has to be on
 * all screens, once and in order, before the next one dies.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openInbox } from './inbox.mjs';
import { openLoop, stopped } from './load.mjs';
import { atMost, note, promises, round, spread } from './report.mjs';
import { cpuPercent, rssMiB, sampleCpu } from './usage.mjs';

const RATE = 100;
const WARM_UP = 5;
const CUSTOMERS = 500;
const RECOVERY_TIMEOUT_MS = 60_000;
/** What dies sooner than this after it was ready is started later and later by the launcher: that is not measured. */
const STARTED_AT_ONCE_AFTER_MS = 10_300;

/** @param {import('./stack.mjs').Context} context */
export async function kill(context) {
  const { stack, options } = context;
  const { rate = RATE, kills } = options;
  const inbox = await openInbox(context, { customers: CUSTOMERS });
  const { ledger, meta, screens } = inbox;
  const load = openLoop(inbox, rate);
  await sleep(WARM_UP * 1000);
  const names = stack.ours().map(({ name }) => name);
  /** @type {Record<string, { ready: number[], recovery: number[] }>} */
  const times = Object.fromEntries(names.map((name) => [name, { ready: [], recovery: [] }]));
  /** @type {Map<string, number>} */
  const readySince = new Map();
  let stuck = 0;
  const before = sampleCpu(stack.info.services);
  const first = ledger.count;

  for (let turn = 1; turn <= kills; turn++) {
    for (const name of names) {
      const tooYoung = (readySince.get(name) ?? 0) + STARTED_AT_ONCE_AFTER_MS - performance.now();
      // At any point of whatever is going on.
      await sleep(Math.max(0, tooYoung) + Math.random() * 200);
      const { ready, recovery, complete } = await killOnce(name);
      times[name].ready.push(ready);
      times[name].recovery.push(recovery);
      if (!complete) stuck++;
    }
    const missing = ledger.open().length;
    note(`kill: round ${turn} of ${kills}, ${ledger.acceptedCount} accepted, ${missing} on the way`);
  }

  const after = sampleCpu(stack.info.services);
  const end = ledger.count;
  const memory = rssMiB(stack.info.services);
  await stopped(load);
  const verdict = await ledger.verdict();
  const { accept, toSocket } = ledger.times(first, end);
  const seconds = (after.at - before.at) / 1000;
  await inbox.close();
  return {
    messages: end - first,
    offeredPerSecond: rate,
    seconds: round(seconds),
    throughputPerSecond: round(toSocket.length / seconds),
    acceptMs: spread(accept),
    webhookToSocketMs: spread(toSocket),
    ...verdict,
    kills: kills * names.length,
    retries: meta.retries,
    reconnects: screens.reduce((sum, screen) => sum + screen.reconnects, 0),
    /** From the kill until the service was ready, and until all that was accepted by then was on all screens. */
    readyMs: Object.fromEntries(names.map((name) => [name, spread(times[name].ready)])),
    recoveryMs: Object.fromEntries(names.map((name) => [name, spread(times[name].recovery)])),
    cpuPercent: cpuPercent(before, after),
    rssMiB: memory,
    figures: {
      ...promises(verdict),
      unanswered: atMost(meta.inFlight, 0),
      notRecoveredInAMinute: atMost(stuck, 0),
    },
  };

  /** @param {string} name */
  async function killOnce(name) {
    const pid = stack.signal(name, 'SIGKILL');
    const killedAt = performance.now();
    const { readyAt } = await stack.untilBack(name, pid);
    readySince.set(name, readyAt);
    const complete = await settled(readyAt + RECOVERY_TIMEOUT_MS);
    return { ready: readyAt - killedAt, recovery: performance.now() - killedAt, complete };
  }

  /** Everybody has a socket again, and everything accepted so far is on all screens. */
  async function settled(/** @type {number} */ deadline) {
    const accepted = ledger.open();
    while (screens.some((screen) => !screen.live)) {
      if (performance.now() > deadline) return false;
      await sleep(5);
    }
    return ledger.untilOnAllScreens(accepted, deadline - performance.now());
  }
}
