/** Keeps a process running, as Kubernetes would: one that dies is started again, with a growing pause. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Interrupted, Problem, say } from './say.mjs';
import { whyItFailed } from './processes.mjs';

const FIRST_PAUSE = 200;
/** A test of faults kills the same process again and again and has no use for a growing pause. */
const LONGEST_PAUSE = Number(process.env.LONGEST_RESTART_PAUSE_MS) || 5_000;
const HEALTHY_AFTER = 10_000;

/**
 * @typedef {import('./processes.mjs').Child} Child
 * @typedef {import('./processes.mjs').Processes} Processes
 *
 * @typedef {object} Supervised
 * @property {string} name
 * @property {number | undefined} port
 * @property {number | undefined} pid undefined while it is down
 * @property {number} restarts
 * @property {(signal: NodeJS.Signals) => void} kill for tests of faults: it is started again
 * @property {boolean} held for tests of faults: as long as it is set, what died is not started again
 */

/**
 * Starts something and resolves when it is ready for the first time.
 *
 * @param {object} what
 * @param {string} what.name
 * @param {number} [what.port]
 * @param {Processes} what.processes
 * @param {() => Promise<Child> | Child} what.start
 * @param {() => Promise<boolean>} what.isReady asked again and again
 * @param {number} [what.attempts] how often it may die before it was ever ready
 * @param {number} [what.timeoutMs] until it has to be ready for the first time
 * @param {(it: Supervised) => unknown} [what.onChange] it went down, or came up again
 * @param {(it: Supervised) => unknown} [what.onReady] it is ready: the first time and after each restart
 * @returns {Promise<Supervised>}
 */
export async function supervise({ attempts = 1, timeoutMs = 90_000, ...what }) {
  const { name, processes } = what;
  /** @type {Child | undefined} */
  let child;
  /** @type {Supervised} */
  const it = {
    name,
    port: what.port,
    pid: undefined,
    restarts: 0,
    held: false,
    kill: (signal) => child && !child.exit && process.kill(child.pid, signal),
  };

  const begin = async () => {
    child = await what.start();
    it.pid = child.pid;
  };
  const deadline = Date.now() + timeoutMs;
  for (let attempt = 1; ; attempt++) {
    await begin();
    if (await untilReady(child, what.isReady, deadline)) break;
    if (processes.closing) throw new Interrupted();
    if (!child.exit)
      throw new Problem(`${name} was not ready after ${timeoutMs / 1000} s (see ${child.spec.log})`);
    if (attempt >= attempts) throw new Problem(whyItFailed(child));
    await sleep(FIRST_PAUSE * 2 ** attempt);
  }
  await what.onReady?.(it);
  keep().catch((error) => say(`${name}: ${error.stack ?? error}`));
  return it;

  async function keep() {
    let pause = FIRST_PAUSE;
    let readySince = Date.now();
    for (;;) {
      await child.exited;
      if (processes.closing) return;
      it.pid = undefined;
      if (readySince && Date.now() - readySince >= HEALTHY_AFTER) pause = FIRST_PAUSE;
      readySince = 0;
      say(`${whyItFailed(child)}; starting it again`);
      await what.onChange?.(it);
      await sleep(pause);
      while (it.held && !processes.closing) await sleep(20);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      if (processes.closing) return;
      it.restarts++;
      try {
        await begin();
      } catch (error) {
        if (processes.closing) return;
        say(`${name} could not be started: ${error.message}`);
        continue;
      }
      await what.onChange?.(it);
      if (!(await untilReady(child, what.isReady, Infinity))) continue;
      readySince = Date.now();
      say(`${name} is ready again`);
      try {
        await what.onReady?.(it);
      } catch (error) {
        say(`${name}: ${error.message}`);
      }
    }
  }
}

/**
 * @param {Child} child
 * @param {() => Promise<boolean>} isReady
 * @param {number} deadline
 */
async function untilReady(child, isReady, deadline) {
  while (!child.exit && Date.now() < deadline) {
    // Whoever answers after the child has died is not the child.
    if ((await isReady()) && !child.exit) return true;
    await Promise.race([child.exited, sleep(60)]);
  }
  return false;
}
