/** Any of our processes, at any moment; now and then another one before the first is back. */
import { setTimeout as sleep } from 'node:timers/promises';

const ANOTHER = 0.3;
const MOST_AT_ONCE = 4;

/** @typedef {import('../world.mjs').World} World */

/** @type {import('../world.mjs').Fault} */
export const randomKill = {
  name: 'random-kill',
  title: 'any service is killed at any moment',
  times: 500,
  short: 0,
  recoveryMs: 5_000,
  strikes: 25,
  block: 25,
  async run(world, _round, count) {
    const recoveries = [];
    for (let killed = 0; killed < count;) {
      await sleep(world.random.between(0, 400));
      /** @type {Map<string, number>} */
      const victims = new Map();
      do {
        if (victims.size > 0) await sleep(world.random.between(0, 500));
        const [name, pid] = killAny(world, victims);
        victims.set(name, pid);
        killed++;
      } while (killed < count && victims.size < MOST_AT_ONCE && world.random.chance(ANOTHER));
      // Of several it is the last one that counts: before, others were still missing.
      recoveries.push(await world.survived(performance.now(), [...victims]));
    }
    return recoveries;
  },
};

/**
 * @param {World} world
 * @param {Map<string, number>} [dead] may still be listed with the process that died
 * @returns {[string, number]}
 */
export function killAny({ stack, random }, dead = new Map()) {
  stack.read();
  const name = random.pick(
    stack
      .ours()
      .filter(({ name, pid }) => pid && !dead.has(name))
      .map((service) => service.name),
  );
  return [name, stack.signal(name, 'SIGKILL')];
}
