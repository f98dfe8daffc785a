/** A stack that this run has to itself: `npm start` as a child process, in its own home and on its own ports. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHECKOUT, readJson, ROOT, tail } from '../lib/files.mjs';
import { startOf } from '../lib/identity.mjs';
import { LIMITS, requirePorts } from '../lib/ports.mjs';
import { removeHome } from '../lib/postgres-place.mjs';
import { stopLeftovers } from '../lib/processes.mjs';
import { Interrupted, Problem } from '../lib/say.mjs';
import { writeRoster } from './shape.mjs';

/**
 * @typedef {object} Context what a scenario works with
 * @property {BenchStack} stack the product
 * @property {BenchStack} [floor] where the scenario compares, which starts it
 * @property {import('./options.mjs').BenchOptions} options
 * @property {import('./shape.mjs').Roster} roster
 * @property {number} sockets
 *
 * @typedef {{ name: string, pid: number | null, port: number }} ServiceInfo
 *
 * @typedef {object} StackOptions
 * @property {boolean} build
 * @property {boolean} keep
 * @property {number} [base] its first port
 * @property {string[]} [flags] for `npm start`
 * @property {NodeJS.ProcessEnv} [env] on top of this process's own
 * @property {number} [wabaPods]
 * @property {boolean} [splitRoles] webhooks in one waba pod, the work in another
 *
 * @typedef {object} StackInfo what stack.json says
 * @property {string} [back] the floor has none
 * @property {string[]} ws
 * @property {string} waba
 * @property {string} simulator
 * @property {string} databaseUrl
 * @property {string} rabbitmqUrl
 * @property {{ appSecret: string, wabaId: string, phoneNumberIds: string[] }} meta
 * @property {{ email: string, password: string, role: string }[]} logins
 * @property {ServiceInfo[]} services
 */

/** Of a home: what it is for, and the pid of the run that it belongs to. */
const HOME = /^(?:bench|faults)-(\d+)-/;
const START_TIMEOUT_MS = 300_000;

/** The profiles of one run, a folder for each scenario. */
export const PROFILES = join(CHECKOUT, 'profiles', new Date().toISOString().replace(/\W/g, '-'));
const RECORD = join(ROOT, 'tools/bench/profile/record.cjs');

/** Our own services, and the floor's. Meta's stand-in is no part of the product. */
export const OUR_SERVICES = /^(user|(back|waba)(-\d+)?|ws-\d+|ingress|worker)$/;

export class BenchStack {
  #options;
  #roster;
  #profiles;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {StackInfo | undefined} */
  #info;
  #stopping = false;
  /** @type {Promise<void> | undefined} */
  #stopped;
  home;

  /**
   * @param {StackOptions} options
   * @param {object} [what]
   * @param {'product' | 'floor'} [what.name]
   * @param {import('./shape.mjs').Roster} [what.roster] whom the product is seeded with
   * @param {string} [what.profiles] the folder for them, where they are wanted
   */
  constructor(options, { name = 'product', roster, profiles } = {}) {
    this.#options = options;
    this.#roster = roster;
    this.#profiles = profiles;
    this.name = name;
    this.home = homeFor('bench', name);
  }

  /** What stack.json said last. */
  get info() {
    if (!this.#info) throw new Error('the stack was never ready');
    return this.#info;
  }

  get started() {
    return this.#child !== undefined;
  }

  async start() {
    const log = join(this.home, 'start.log');
    mkdirSync(this.home, { recursive: true });
    const { build, flags = [], wabaPods = 1, splitRoles, env } = this.#options;
    const base = this.#options.base ?? (await freeBase());
    const program = this.name === 'floor' ? 'tools/bench/floor/start.mjs' : 'tools/start.mjs';
    const args = [program, '--home', this.home, '--port-base', String(base), ...flags];
    if (!build) args.push('--no-build');
    if (this.name === 'product' && splitRoles) args.push('--split-roles');
    if (this.name === 'product' && wabaPods > 1) args.push('--waba-pods', String(wabaPods));
    const output = openSync(log, 'a');
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: environment({
        ...(this.#roster && { SEED_FILE: writeRoster(this.home, this.#roster) }),
        ...(this.#profiles && {
          PROFILE_FOLDER: this.#profiles,
          NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --require ${JSON.stringify(RECORD)}`,
        }),
        ...env,
      }),
      // A Ctrl-C in the terminal reaches this command alone, which then stops the stack.
      detached: true,
      stdio: ['ignore', output, output],
    });
    this.#child = child;
    closeSync(output);
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!this.read()) {
      if (this.#stopping) throw new Interrupted();
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline)
        throw new Problem(`the stack did not start:\n  ${tail(log, 15).join('\n  ')}`);
      await sleep(100);
    }
  }

  /** Reads stack.json again: pids change with restarts. */
  read() {
    const info = readJson(join(this.home, 'stack.json'));
    if (info) this.#info = info;
    return info;
  }

  /** @param {string} name @returns {number | null} its pid as of now; null while it is down */
  pidOf(name) {
    this.read();
    return this.info.services.find((service) => service.name === name)?.pid ?? null;
  }

  /** @returns {ServiceInfo[]} ours, in the order in which they are listed */
  ours() {
    return this.info.services.filter(({ name }) => OUR_SERVICES.test(name));
  }

  /** Signals a process of this stack, and none but those that stack.json names. @param {string} name */
  signal(name, /** @type {NodeJS.Signals} */ signal) {
    const pid = this.pidOf(name);
    if (!pid || startOf(pid) === undefined) throw new Problem(`${name} is not running`);
    process.kill(pid, signal);
    return pid;
  }

  /** Begins the profile of each service, and ends it the next time. */
  async profile() {
    if (!this.#profiles) return;
    mkdirSync(this.#profiles, { recursive: true });
    for (const { name } of this.ours()) this.signal(name, 'SIGUSR2');
    // Stopping and writing takes them a moment, in which they answer nobody.
    await sleep(1_000);
  }

  /**
   * Waits for a service that was signalled to be up again.
   *
   * @param {string} name
   * @param {number} before its pid until then
   * @returns {Promise<{ pid: number, seenAt: number, readyAt: number }>} by performance.now()
   */
  async untilBack(name, before, timeoutMs = 60_000) {
    const { port } = this.info.services.find((service) => service.name === name) ?? {};
    const deadline = performance.now() + timeoutMs;
    let seenAt = 0;
    for (;;) {
      if (this.#stopping) throw new Interrupted();
      const pid = this.pidOf(name);
      if (pid && pid !== before) {
        seenAt ||= performance.now();
        if (await isReady(port)) return { pid, seenAt, readyAt: performance.now() };
      }
      if (performance.now() > deadline)
        throw new Problem(`${name} was not ready again after ${timeoutMs / 1000} s`);
      await sleep(10);
    }
  }

  /** Ends everything that was started and removes the home. */
  stop() {
    this.#stopping = true;
    return (this.#stopped ??= this.#stop());
  }

  async #stop() {
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
      await once(child, 'exit');
      clearTimeout(timer);
    }
    await stopLeftovers(this.home);
    if (!this.#options.keep) removeHome(this.home);
  }
}

/** @param {'bench' | 'faults'} what @param {string} [name] tells homes of one run apart */
export const homeFor = (what, name = 'home') =>
  join(CHECKOUT, `${what}-${process.pid}-${name}-${Date.now().toString(36)}`);

/** Removes what killed runs have left, processes and data. */
export async function removeLeftHomes() {
  for (const name of existsSync(CHECKOUT) ? readdirSync(CHECKOUT) : []) {
    const pid = HOME.exec(name)?.[1];
    if (!pid || startOf(Number(pid))) continue;
    const left = join(CHECKOUT, basename(name));
    await stopLeftovers(left);
    removeHome(left);
  }
}

/** Always private: never the Postgres or RabbitMQ that the shell may name, nor the data of `npm start`. */
function environment(/** @type {NodeJS.ProcessEnv} */ own = {}) {
  const { DATABASE_URL, RABBITMQ_URL, SCRM_HOME, PORT_BASE, SEED_FILE, ...rest } = process.env;
  // With this the launcher stops by itself once this process is gone, even where it was killed.
  return { ...rest, ...own, npm_lifecycle_event: 'bench' };
}

/** The first port of as many free ones as the launcher's plan spans, below those that the system hands out. */
export async function freeBase() {
  for (let attempt = 1; ; attempt++) {
    const base = 10_000 + 100 * Math.floor(Math.random() * 200);
    try {
      await requirePorts(
        Array.from({ length: LIMITS.span + 1 }, (_, i) => ({ name: 'the benchmark', port: base + i })),
      );
      return base;
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}

/** @param {number | undefined} port */
export async function isReady(port) {
  try {
    const url = `http://127.0.0.1:${port}/health/ready`;
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
