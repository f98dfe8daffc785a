/**
 * A service's clock is wrong. The order and Meta's window are the database's business. Tokens are not: by a clock that
 * is further ahead than they have yet to live they have ended, so ahead it is no more than the screens renew theirs.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ALL_OF_A_KIND_MS } from '../pods.mjs';

/** @typedef {import('../world.mjs').World} World */

const MINUTE = 60_000;
const BEHIND = -10 * MINUTE;
const AHEAD = 2 * MINUTE;
const FAR_AHEAD = 10 * MINUTE;

/** @type {{ name: string, title: string, who: RegExp, skew: number, recoveryMs?: number }[]} */
const SKEWS = [
  {
    name: 'waba-behind',
    title: 'of waba is 10 min behind',
    who: /^waba/,
    skew: BEHIND,
    recoveryMs: ALL_OF_A_KIND_MS,
  },
  {
    name: 'waba-ahead',
    title: 'of waba is 2 min ahead',
    who: /^waba/,
    skew: AHEAD,
    recoveryMs: ALL_OF_A_KIND_MS,
  },
  { name: 'waba-apart', title: 'of one waba pod is 10 min behind', who: /^waba$/, skew: BEHIND },
  { name: 'ws-behind', title: 'of one ws pod is 10 min behind', who: /^ws-1$/, skew: BEHIND },
  {
    name: 'ws-ahead',
    title: 'of one ws pod is 10 min ahead: it lets nobody in',
    who: /^ws-1$/,
    skew: FAR_AHEAD,
  },
  { name: 'back-behind', title: 'of back is 10 min behind', who: /^back$/, skew: BEHIND },
  { name: 'user-ahead', title: 'of user is 10 min ahead', who: /^user$/, skew: FAR_AHEAD },
];

/** @type {import('../world.mjs').Fault[]} */
export const CLOCK_FAULTS = SKEWS.map(({ name, title, who, skew, recoveryMs = 5_000 }) => ({
  name: `clock:${name}`,
  title: `the clock ${title}, and right again`,
  times: 1,
  short: 0,
  recoveryMs,
  async run(world) {
    const wrong = await restart(world, who, skew);
    await sleep(5_000);
    return [wrong, await restart(world, who, 0)];
  },
  end: async ({ env }) => rmSync(env.SKEW_DIR, { recursive: true, force: true }),
}));

/** @param {World} world @param {RegExp} who @param {number} skew */
async function restart(world, who, skew) {
  const those = world.stack.ours().filter(({ name }) => who.test(name));
  mkdirSync(world.env.SKEW_DIR, { recursive: true });
  for (const { port } of those) writeFileSync(join(world.env.SKEW_DIR, String(port)), String(skew));
  const victims = those.map(
    ({ name }) => /** @type {[string, number]} */ ([name, world.stack.signal(name, 'SIGKILL')]),
  );
  return world.survived(performance.now(), victims);
}
