/** Any of our processes, at any moment: one, or several before the first is back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ALL_OF_A_KIND_MS } from '../pods.mjs';

/** @typedef {import('../world.mjs').World} World */

/** @type {import('../world.mjs').Fault} */
export const randomKill = {
  name: 'random-kill',
  title: 'any service is killed at any moment',
  times: 500,
  short: 0,
  recoveryMs: 5_000,
  block: 25,
  async run(world) {
    await sleep(world.random.between(0, 400));
    const victim = killAny(world);
    return world.survived(performance.now(), [victim]);
  },
};

/**
 * Nobody may be left of a kind: then it takes as long as they take to start, all on the same cores.
 *
 * @type {import('../world.mjs').Fault}
 */
export const randomKillSeveral = {
  name: 'random-kill-several',
  title: 'two to four services are killed, each before the one before is back',
  times: 100,
  short: 0,
  recoveryMs: ALL_OF_A_KIND_MS,
  block: 25,
  async run(world) {
    await sleep(world.random.between(0, 400));
    /** @type {Map<string, number>} */
    const victims = new Map();
    const count = Math.round(world.random.between(1.5, 4.5));
    while (victims.size < count) {
      if (victims.size > 0) await sleep(world.random.between(0, 500));
      const [name, pid] = killAny(world, victims);
      victims.set(name, pid);
    }
    // The last one counts: before, others were still to die.
    return world.survived(performance.now(), [...victims]);
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
