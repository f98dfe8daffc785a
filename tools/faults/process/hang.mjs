/**
 * Processes that stand still and then go on as if nothing had been: a machine that is moved or out of memory, a debugger,
 * a CPU limit. Unlike the dead they come back with what they were about to do, which others may have done meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {import('../world.mjs').World} World */

/** Shorter than anybody's patience with them. */
const SHORT_MS = { from: 500, to: 4_000 };
/** Longer than the broker, the database and whoever ends abandoned sends wait for them. */
const LONG_MS = 25_000;

/** @type {import('../world.mjs').Fault} */
export const shortHang = {
  name: 'hang:short',
  title: 'any service stands still for up to 4 s (SIGSTOP), and goes on',
  times: 40,
  short: 2,
  recoveryMs: 5_000,
  block: 10,
  async run(world) {
    const resume = hang(world, world.random.pick(world.names()));
    await sleep(world.random.between(SHORT_MS.from, SHORT_MS.to));
    resume();
    return world.recovered(performance.now());
  },
  end: resumeAll,
};

/** @type {import('../world.mjs').Fault} */
export const longHang = {
  name: 'hang:long',
  title: `each service in turn stands still for ${LONG_MS / 1000} s, is given up by the others, and goes on`,
  times: 14,
  short: 0,
  recoveryMs: 5_000,
  block: 1,
  async run(world, round) {
    const names = world.names();
    const resume = hang(world, names[round % names.length]);
    await sleep(LONG_MS);
    resume();
    return world.recovered(performance.now());
  },
  end: resumeAll,
};

/**
 * How long its work lies still. What it holds of the queues goes to others when the broker no longer hears its heartbeat.
 *
 * @type {import('../world.mjs').Fault}
 */
export const takenOver = {
  name: 'hang:taken-over',
  title: 'a waba pod stands still until another does its work, and goes on',
  times: 10,
  short: 0,
  recoveryMs: 20_000,
  block: 1,
  async run(world, round) {
    const pods = world.names().filter((name) => name.startsWith('waba'));
    const resume = hang(world, pods[round % pods.length]);
    const took = await world.recovered(performance.now());
    resume();
    return took;
  },
  end: resumeAll,
};

/** @type {Set<number>} the ids of those that stand still now */
const hanging = new Set();

/** @param {World} world @param {string} name @returns {() => void} lets it go on */
function hang(world, name) {
  const pid = world.stack.signal(name, 'SIGSTOP');
  hanging.add(pid);
  world.note(`${name} stands still`);
  return () => {
    hanging.delete(pid);
    process.kill(pid, 'SIGCONT');
  };
}

/** A process that stands still would not even hear that it should stop. */
async function resumeAll() {
  for (const pid of hanging) process.kill(pid, 'SIGCONT');
  hanging.clear();
}
