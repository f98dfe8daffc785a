/** Meta refuses, hangs, answers nonsense or nothing: no message goes out twice, and each one's end is shown. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ROOT } from '../../lib/files.mjs';

/** @typedef {import('../world.mjs').World} World */

const run = promisify(execFile);

const STRIKES = 6;
const RECOVERY_MS = 30_000;
const RATES = { in: 30, out: 10 };

/** @type {Record<string, { title: string, fault: object }>} */
const ANSWERS = {
  throttled: { title: 'Graph says "too many" (130429)', fault: { kind: 'error', code: 130429, status: 429 } },
  'http-429': {
    title: 'something before Graph says 429',
    fault: { kind: 'http', status: 429, retryAfter: 1 },
  },
  'again-later': {
    title: 'Graph says "try again" (131000)',
    fault: { kind: 'error', code: 131000, status: 500 },
  },
  refused: {
    title: 'Graph refuses the message (131026)',
    fault: { kind: 'error', code: 131026, status: 400 },
  },
  'http-500': { title: 'Graph answers with a bare 500', fault: { kind: 'http', status: 500 } },
  'http-503': { title: 'Graph answers with a bare 503', fault: { kind: 'http', status: 503 } },
  'reset-before': { title: 'the connection is reset, the send not taken', fault: { kind: 'reset-before' } },
  'reset-after': { title: 'the connection is reset, the send taken', fault: { kind: 'reset-after' } },
  timeout: { title: 'no answer, the send not taken', fault: { kind: 'timeout' } },
  'timeout-after': { title: 'no answer, the send taken', fault: { kind: 'timeout', accepted: true } },
  slow: { title: 'the answer takes 2 s', fault: { kind: 'delay', delayMs: 2_000 } },
};

/** @type {import('../world.mjs').Fault[]} */
export const GRAPH_FAULTS = [
  ...Object.entries(ANSWERS).map(([name, { title, fault }]) => ({
    name: `graph:${name}`,
    title,
    times: STRIKES,
    short: 0,
    strikes: STRIKES,
    recoveryMs: RECOVERY_MS,
    rates: RATES,
    /** @param {World} world @param {number} _round @param {number} strikes */
    async run(world, _round, strikes) {
      const { simulator } = world;
      await simulator.addFault({ match: {}, times: strikes, ...fault });
      await world.until(() => isSpent(world), 'enough sends');
      const struck = performance.now();
      await world.settled();
      return performance.now() - struck;
    },
    end: (/** @type {World} */ { simulator }) => simulator.clearFaults(),
  })),
  {
    name: 'graph:token-expired',
    title: 'the access token ends (190): the number pauses, is repaired, and sends what waited',
    times: 3,
    short: 0,
    recoveryMs: RECOVERY_MS,
    rates: RATES,
    block: 1,
    async run(world) {
      await world.simulator.addFault({ match: {}, times: 1, kind: 'error', code: 190, status: 401 });
      await world.until(() => isPaused(world), 'a paused number');
      await sleep(3_000);
      await repair(world);
      return world.recovered(performance.now());
    },
    async end(world) {
      await world.simulator.clearFaults();
      await repair(world);
    },
  },
];

/** @param {World} world */
async function isSpent({ simulator }) {
  return (await simulator.control('GET', '/faults')).data.length === 0;
}

/** @param {World} world */
async function isPaused(world) {
  return (await pausedNumbers(world)).length > 0;
}

/** @param {World} world @returns {Promise<string[]>} */
async function pausedNumbers(world) {
  const [rows] = await world.query(`SELECT phone_number_id FROM waba.sender WHERE status = 'paused'`);
  return rows.map(({ phone_number_id: id }) => id);
}

/** As whoever runs the system does it. @param {World} world */
async function repair(world) {
  const cli = join(ROOT, 'apps/waba/dist/senders.cli.js');
  const env = { ...process.env, DATABASE_URL: world.env.DATABASE_URL };
  for (const number of await pausedNumbers(world))
    await run(process.execPath, [cli, 'resume', number], { env });
}
