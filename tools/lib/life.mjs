/**
 * The life of a command: it takes its home, works, waits to be told to stop, and whatever happens leaves
 * nothing behind.
 */
import { join } from 'node:path';
import { requireSpace } from './files.mjs';
import { tryLock } from './lock.mjs';
import { Processes, stopLeftovers } from './processes.mjs';
import { explain, Interrupted, Problem, say } from './say.mjs';

/**
 * @typedef {object} Life
 * @property {string} home
 * @property {Processes} processes
 * @property {() => Promise<void>} untilTold waits until the command is told to stop
 * @property {(close: () => unknown) => void} atEnd called when everything has stopped
 */

/**
 * Runs a command in a home that it has to itself, and ends the process.
 *
 * @param {string} home
 * @param {(life: Life) => Promise<number>} work resolves with the exit code
 */
export async function live(home, work) {
  const told = listenForOrders();
  const processes = new Processes(home);
  /** @type {(() => unknown)[]} */
  const closers = [];
  let waiting = false;
  let code = 1;
  try {
    requireSpace(home);
    closers.push(takeHome(home));
    const left = await stopLeftovers(home);
    if (left.length > 0) say(`stopped what a killed run had left: ${left.join(', ')}`);
    // Told to stop in the middle of something, it does not finish that first: all it runs is stopped below.
    const interrupted = told.then(() => {
      if (!waiting) throw new Interrupted();
    });
    const untilTold = () => ((waiting = true), told.then(() => {}));
    const life = {
      home,
      processes,
      untilTold,
      atEnd: (/** @type {() => unknown} */ end) => closers.push(end),
    };
    const end = work(life);
    await Promise.race([end, interrupted]);
    code = await end;
  } catch (error) {
    if (error instanceof Interrupted) code = 130;
    else report(error);
  }
  if (failed) code = 1;
  await processes.close();
  for (const close of closers.reverse()) {
    try {
      await close();
    } catch (error) {
      report(error);
    }
  }
  process.exit(code);
}

/** @param {unknown} error */
export function report(error) {
  const line = explain(error);
  process.stderr.write(`${line ? `ERROR ${line}` : error instanceof Error ? error.stack : error}\n`);
}

/** @param {string} home */
function takeHome(home) {
  const result = tryLock(join(home, 'running'));
  if ('release' in result) return result.release;
  throw new Problem(
    `already running in ${home} (process ${result.holder.pid}): stop that one, or run a second one with --home FOLDER --port-base N`,
  );
}

let failed = false;

/** @returns {Promise<void>} settles when the command is to stop */
function listenForOrders() {
  return new Promise((resolve) => {
    let told = false;
    const stop = (/** @type {string} */ why) => {
      if (!told) say(`stopping (${why})`);
      told = true;
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(signal));
    // A bug of ours must not leave a stack behind either. This is told of rejections too.
    process.on('uncaughtException', (error) => {
      if (!failed) report(error);
      failed = true;
      stop('an error');
    });
    // npm passes signals on; killed outright it cannot, and nobody could stop us from the terminal any more.
    if (!process.env.npm_lifecycle_event) return;
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && stop('npm has gone'), 250).unref();
  });
}
