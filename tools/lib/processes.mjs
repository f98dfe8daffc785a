/**
 * Every process a command starts. Each is written down in the home, so that even after a `kill -9` of the
 * command itself the next one finds and stops what was left behind.
 */
import { spawn } from 'node:child_process';
import { closeSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog, readJson, sizeOf, tail, writeJson } from './files.mjs';
import { isAlive, startOf } from './identity.mjs';
import { diskFull, Interrupted, isDiskFull, Problem, say } from './say.mjs';

/** The order of stopping: what uses comes before what is used. */
const TIERS = /** @type {const} */ (['task', 'service', 'broker', 'epmd', 'database']);

/** Lines of a log that say what went wrong: the surest signs first. */
const SIGNS = [/^\w*Error: |"level":[56]0/, /\berror\b(?! code )|fatal|cannot|failed/i];

/**
 * @typedef {object} Spec
 * @property {string} name
 * @property {string} command
 * @property {string[]} args
 * @property {(typeof TIERS)[number]} tier
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 * @property {string} [log] a file for its output; without one the output is the command's own
 * @property {NodeJS.Signals} [signal] what asks it to stop; SIGTERM unless said
 * @property {number} [graceMs] how long it may take to stop; 20 s unless said
 * @property {{ uid: number, gid: number }} [user]
 *
 * @typedef {object} Exit
 * @property {number | null} code
 * @property {NodeJS.Signals | null} signal
 * @property {Error} [error] when it could not even be started
 *
 * @typedef {object} Child
 * @property {Spec} spec
 * @property {number} pid
 * @property {string} [start]
 * @property {number} logFrom where its part of the log begins
 * @property {Promise<Exit>} exited
 * @property {Exit} [exit]
 */

export class Processes {
  /** @type {Set<Child>} */
  #children = new Set();
  #file;
  #wrote = false;
  closing = false;

  /** @param {string} home */
  constructor(home) {
    this.home = home;
    this.#file = join(home, 'processes.json');
  }

  /** @param {string} name */
  logOf(name) {
    return join(this.home, 'logs', `${name}.log`);
  }

  /**
   * Starts a process in a group of its own: a Ctrl-C in the terminal reaches the command alone, which then
   * stops everything in the right order.
   *
   * @param {Spec} spec
   * @returns {Child}
   */
  spawn(spec) {
    if (this.closing) throw new Interrupted();
    const logFrom = spec.log ? sizeOf(spec.log) : 0;
    const output = spec.log ? openLog(spec.log) : 'inherit';
    const { command, args, env = process.env, cwd, user } = spec;
    const stdio = /** @type {any} */ (['ignore', output, output]);
    const started = spawn(command, args, { env, cwd, ...user, detached: true, stdio });
    if (typeof output === 'number') closeSync(output);

    const pid = started.pid ?? 0;
    /** @type {Child} */
    const child = { spec, pid, start: pid ? startOf(pid) : undefined, logFrom, exited: undefined };
    child.exited = new Promise((resolve) => {
      const ended = (/** @type {Exit} */ exit) => {
        this.#children.delete(child);
        child.exit = exit;
        this.#writeDown();
        resolve(exit);
      };
      started.once('error', (error) => ended({ code: null, signal: null, error }));
      started.once('exit', (code, signal) => ended({ code, signal }));
    });
    this.#children.add(child);
    this.#writeDown();
    return child;
  }

  /**
   * Runs something to its end.
   *
   * @param {Omit<Spec, 'tier'>} spec
   * @param {{ showFailure?: boolean }} [options] show the end of its log when it fails
   */
  async run(spec, { showFailure = false } = {}) {
    const child = this.spawn({ ...spec, tier: 'task', graceMs: 5_000 });
    const exit = await child.exited;
    if (this.closing) throw new Interrupted();
    if (exit.code === 0) return;
    if (showFailure && spec.log) for (const line of tail(spec.log, 60, child.logFrom)) say(`  ${line}`);
    throw new Problem(whyItFailed(child));
  }

  /**
   * @param {Child} child
   * @param {NodeJS.Signals} [signal]
   */
  async stop(child, signal) {
    if (child.exit || !child.pid) return;
    await stopPid(child, { ...child.spec, ...(signal && { signal }) });
    await child.exited;
  }

  /** Stops everything, in order, and lets nothing new be started. */
  async close() {
    this.closing = true;
    for (const tier of TIERS) {
      const those = [...this.#children].filter((child) => child.spec.tier === tier);
      await Promise.all(those.map((child) => this.stop(child)));
    }
    // One that never started anything may not have had the home to itself: the list is then another's.
    if (this.#wrote) rmSync(this.#file, { force: true });
  }

  #writeDown() {
    const records = [...this.#children].map(({ pid, start, spec }) => {
      const { name, tier, signal, graceMs } = spec;
      return { name, pid, start, tier, signal, graceMs };
    });
    this.#wrote = true;
    try {
      writeJson(this.#file, records);
    } catch (error) {
      // On the way out nothing needs it any more; before, going on without it would be a lie.
      if (!this.closing) throw error;
    }
  }
}

/**
 * Stops what a killed command left in this home. Call it while holding the home's lock.
 *
 * @param {string} home
 * @returns {Promise<string[]>} the names of what was still running
 */
export async function stopLeftovers(home) {
  const file = join(home, 'processes.json');
  const records = (readJson(file) ?? []).filter(isAlive);
  for (const tier of TIERS) {
    const those = records.filter((/** @type {{ tier: string }} */ record) => record.tier === tier);
    // They have nobody to report to: they get a moment, not the twenty seconds of an orderly stop.
    await Promise.all(those.map((record) => stopPid(record, { ...record, graceMs: 5_000 })));
  }
  rmSync(file, { force: true });
  return records.map((/** @type {{ name: string }} */ record) => record.name);
}

/**
 * @param {{ pid: number, start?: string }} process
 * @param {{ signal?: NodeJS.Signals, graceMs?: number, tier?: string }} how
 */
export async function stopPid(process, { signal = 'SIGTERM', graceMs = 20_000, tier }) {
  // A task is a tree (npm, Nx, jest); anything else knows how to stop its own children.
  kill(tier === 'task' ? -process.pid : process.pid, signal);
  const until = Date.now() + graceMs;
  while (isAlive(process) && Date.now() < until) await sleep(30);
  if (isAlive(process) || tier === 'task') kill(-process.pid, 'SIGKILL');
  while (isAlive(process)) {
    kill(process.pid, 'SIGKILL');
    await sleep(30);
  }
}

/**
 * One line about a process that ended badly: the last thing it said, and where the rest is.
 *
 * @param {Child} child
 */
export function whyItFailed({ spec, exit, logFrom }) {
  const lines = spec.log ? tail(spec.log, 40, logFrom) : [];
  if (isDiskFull(lines.join('\n'))) return diskFull();
  if (exit?.error) return `${spec.name} could not be started: ${exit.error.message}`;
  // What was said before a signal from outside has nothing to do with it; else the first complaint is the cause.
  const last = exit?.signal ? '' : complaint(lines);
  const how = exit?.signal ? `was ended by ${exit.signal}` : `ended with code ${exit?.code}`;
  return `${spec.name} ${how}${last && `: ${plain(last)}`}${spec.log ? ` (see ${spec.log})` : ''}`;
}

/** @param {string[]} lines */
function complaint(lines) {
  const found = SIGNS.map((sign) => lines.find((line) => sign.test(line))).find((line) => line !== undefined);
  return found ?? lines.at(-1) ?? '';
}

/** @param {string} line of a log, which may be JSON as our services write it */
function plain(line) {
  let text = line.trim();
  try {
    const entry = JSON.parse(text);
    text = entry.err?.message ?? entry.error?.message ?? entry.msg ?? text;
  } catch {
    // It is plain already.
  }
  return text.slice(0, 300);
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended in the meantime.
  }
}
