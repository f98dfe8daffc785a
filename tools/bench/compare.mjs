/** The product and the floor in turns, on one machine in one run: only their ratio says more of the code than of the day. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { openInbox } from './inbox.mjs';
import { measureWindow } from './load.mjs';
import { seasoned } from './seasoned.mjs';
import { atMost, median, note, promises, round } from './report.mjs';

/** Until the code is compiled and the database has used all of its buffers once. */
const WARM_UP = 25;
const WARM_UP_AGAIN = 3;

/** @typedef {Awaited<ReturnType<typeof measureWindow>>} Window */

/**
 * @param {import('./stack.mjs').Context} context
 * @param {object} plan
 * @param {string} plan.name
 * @param {{ customers: number, connections: number }} plan.inbox
 * @param {(inbox: import('./load.mjs').Inbox) => import('./load.mjs').Load} plan.begin
 * @param {number} plan.seconds of each window
 */
export async function compare({ stack, floor, ...context }, { name, inbox: size, begin, seconds }) {
  if (!floor) throw new Error('a comparison needs a floor');
  const sides = [];
  for (const side of [floor, stack]) {
    await seasoned(side);
    sides.push({
      stack: side,
      inbox: await openInbox({ ...context, stack: side }, size),
      windows: /** @type {Window[]} */ ([]),
    });
  }
  for (let turn = 0; turn < context.options.rounds; turn++) {
    for (const { stack: side, inbox, windows } of sides) {
      await writtenDown();
      const plan = { warmUp: turn === 0 ? WARM_UP : WARM_UP_AGAIN, seconds };
      const window = await measureWindow(side, inbox, () => begin(inbox), plan);
      windows.push(window);
      const { throughputPerSecond, webhookToSocketMs } = window;
      note(`${name}: ${side.name} ${throughputPerSecond}/s, to socket p99 ${webhookToSocketMs?.p99} ms`);
    }
  }
  const [ofFloor, ofProduct] = await Promise.all(
    sides.map(async ({ inbox, windows }) => {
      const verdict = await inbox.ledger.verdict();
      await inbox.close();
      return { ...summary(windows), ...verdict, unanswered: inbox.meta.inFlight, windows };
    }),
  );
  return {
    seconds,
    rounds: context.options.rounds,
    product: ofProduct,
    floor: ofFloor,
    figures: {
      ...promises(ofProduct),
      unanswered: atMost(ofProduct.unanswered, 0),
      // A floor that broke its promises would be no floor.
      brokenByTheFloor: atMost(broken(ofFloor), 0),
    },
  };
}

/** What one side has left to the kernel, the other must not wait for. It keeps what is written for 30 s. */
const writtenDown = () => promisify(execFile)('sync');

/** The medians of the windows. @param {Window[]} windows */
export function summary(windows) {
  const of = (/** @type {(window: Window) => number | undefined} */ value) =>
    round(median(windows.map((window) => value(window) ?? Infinity)));
  return {
    throughputPerSecond: of((window) => window.throughputPerSecond),
    acceptP50Ms: of((window) => window.acceptMs?.p50),
    acceptP99Ms: of((window) => window.acceptMs?.p99),
    webhookToSocketP50Ms: of((window) => window.webhookToSocketMs?.p50),
    webhookToSocketP99Ms: of((window) => window.webhookToSocketMs?.p99),
    ...(windows[0]?.postedLateMs && { postedLateP99Ms: of((window) => window.postedLateMs?.p99) }),
    cpuMsPerMessage: median(windows.map((window) => window.cpuMsPerMessage)),
  };
}

/** @param {import('./ledger.mjs').Verdict & { unanswered: number }} side */
const broken = ({ lost, duplicated, outOfOrder, seqGaps, leaked, resets, unanswered }) =>
  lost + duplicated + outOfOrder + seqGaps + leaked + resets + unanswered;
