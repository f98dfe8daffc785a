/** The product and the floor, on one machine in one run: only their ratio says more of the code than of the day. */
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
/** @typedef {{ stack: import('./stack.mjs').BenchStack, inbox: import('./load.mjs').Inbox, windows: Window[] }} Side */

/**
 * @param {import('./stack.mjs').Context} context
 * @param {object} plan
 * @param {string} plan.name
 * @param {{ customers: number, connections: number }} plan.inbox
 * @param {(inbox: import('./load.mjs').Inbox) => import('./load.mjs').Load} plan.begin
 * @param {number} plan.seconds of each window
 * @param {boolean} [plan.apart] one after the other instead of in turns: what is measured in milliseconds has the machine to itself, and the disk is watched
 */
export async function compare(context, { name, inbox: size, begin, seconds, apart = false }) {
  const { stack, floor, options } = context;
  if (!floor) throw new Error('a comparison needs a floor');

  const turn = async (/** @type {Side} */ { stack: side, inbox, windows }) => {
    const warmUp = windows.length === 0 ? WARM_UP : WARM_UP_AGAIN;
    const window = await measureWindow(side, inbox, () => begin(inbox), { warmUp, seconds, disk: apart });
    windows.push(window);
    const { throughputPerSecond, webhookToSocketMs, disk } = window;
    const still = disk ? `, the disk stood still for ${disk.stoodStillMs} ms` : '';
    note(
      `${name}: ${side.name} ${throughputPerSecond}/s, to socket p99 ${webhookToSocketMs?.p99} ms${still}`,
    );
  };

  const measured = [];
  for (const sides of apart ? [[stack], [floor]] : [[floor, stack]]) {
    const open = [];
    for (const side of sides) open.push(await enter(context, side, size));
    for (let round = 0; round < options.rounds; round++)
      for (const side of open) {
        if (!apart) await writtenDown();
        await turn(side);
      }
    measured.push(...(await Promise.all(open.map(leave))));
    if (apart) await Promise.all(sides.map((side) => side.stop()));
  }
  const [ofProduct, ofFloor] = apart ? measured : measured.toReversed();
  return {
    seconds,
    rounds: options.rounds,
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

/** @param {import('./stack.mjs').Context} context @param {import('./stack.mjs').BenchStack} stack @param {{ customers: number, connections: number }} size @returns {Promise<Side>} */
async function enter(context, stack, size) {
  if (!stack.started) {
    note(`starting the ${stack.name}`);
    await stack.start();
  }
  await seasoned(stack);
  return { stack, inbox: await openInbox({ ...context, stack }, size), windows: [] };
}

/** @param {Side} side */
async function leave({ inbox, windows }) {
  const verdict = await inbox.ledger.verdict();
  await inbox.close();
  return { ...summary(windows), ...verdict, unanswered: inbox.meta.inFlight, windows };
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
    ...(windows[0]?.disk && {
      webhookToSocketElseP99Ms: of((window) => window.webhookToSocketElseMs?.p99),
      diskStoodStillMs: of((window) => window.disk?.stoodStillMs),
    }),
    ...(windows[0]?.postedLateMs && { postedLateP99Ms: of((window) => window.postedLateMs?.p99) }),
    cpuMsPerMessage: median(windows.map((window) => window.cpuMsPerMessage)),
  };
}

/** @param {import('./ledger.mjs').Verdict & { unanswered: number }} side */
const broken = ({ lost, duplicated, outOfOrder, seqGaps, leaked, resets, unanswered }) =>
  lost + duplicated + outOfOrder + seqGaps + leaked + resets + unanswered;
