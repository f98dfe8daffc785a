/**
 * Everything that a fault strikes and all that watches it: a stack of our own (`npm start`) on a Postgres and a
 * RabbitMQ of our own, each behind a network that can be broken; customers and agents who write; screens that write
 * down what they show; and the books that say whether the promises were kept.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger } from '../bench/ledger.mjs';
import { customersOf, numberOf, wamidOf } from '../bench/meta.mjs';
import { Screen } from '../bench/screen.mjs';
import { BenchStack, freeBase, homeFor } from '../bench/stack.mjs';
import { Agent } from '../bench/tokens.mjs';
import { removeHome } from '../lib/postgres-place.mjs';
import { query } from '../lib/postgres.mjs';
import { Problem } from '../lib/say.mjs';
import { readDemo } from '../lib/seed.mjs';
import { Inbound } from './inbound.mjs';
import { Load } from './load.mjs';
import { Outbound } from './outbound.mjs';
import { startServers } from './servers.mjs';
import { Simulator } from './simulator.mjs';

const CUSTOMERS = 300;
const SCREENS = 12;
export const PATIENCE_MS = 60_000;
/** What took longer than this to recover is explained on stderr. */
const SLOW_MS = 4_000;

/** A send that nobody knows the end of is told as unknown this long plus five seconds after its claim. */
const GRAPH_TIMEOUT_MS = 3_000;

/**
 * @typedef {object} Fault
 * @property {string} name
 * @property {string} title one line for people
 * @property {number} times how often in the whole suite; 0 where it is not part of it
 * @property {number} short how often in the selection of `npm test`; 0 where it is not part of it
 * @property {number} recoveryMs what is promised
 * @property {number} [block] after so many rounds everything has to be settled; 5 unless said
 * @property {number} [strikes] how often one call of `run` strikes, where it is more than once
 * @property {{ in: number, out: number }} [rates] messages a second, each way; 60 and 6 unless said
 * @property {string[]} [flags] for `npm start`; faults of the same flags share a stack; `PODS` unless said
 * @property {(world: World, round: number, strikes: number) => Promise<number | number[] | void>} run strikes once; answers how long it
 *   took to recover, in milliseconds, from the moment when the cause was gone (where somebody died: from the death)
 * @property {(world: World) => Promise<void>} [end] after the last round, whatever happened: puts everything right
 *
 * @typedef {object} WorldOptions
 * @property {import('./random.mjs').Random} random
 * @property {boolean} build
 * @property {boolean} keep
 * @property {boolean} short the selection of `npm test`
 * @property {number} load what all rates are multiplied by
 * @property {string[]} flags
 * @property {boolean} [measureMemory]
 * @property {(text: string) => void} note
 */

export class World {
  /** Of the sockets; a fault that adds pods adds their addresses here. @type {string[]} */
  wsUrls = [];
  /** @type {Screen[]} */
  screens = [];
  /** @type {Agent[]} */
  agents = [];
  home = homeFor('faults');
  /** Where a file of a crash point's name ends the next process that passes it. */
  crashDir = join(this.home, 'crash');
  /** What each process has in use, in a file of its id's name. */
  memoryDir = join(this.home, 'memory');
  /** The last verdict: what a fault broke is the difference. @type {Record<string, number>} */
  counts = {};
  /** How long processes that died took until another one of their name was ready, in ms. @type {number[]} */
  replaced = [];
  #options;
  /** @type {Promise<void> | undefined} */
  #stopped;

  /** @param {WorldOptions} options */
  constructor(options) {
    this.#options = options;
    this.random = options.random;
    this.note = options.note;
    this.short = options.short;
  }

  async start() {
    mkdirSync(this.crashDir, { recursive: true });
    this.base = await freeBase();
    this.servers = await startServers(this.home, this.base);
    const { postgres, broker } = this.servers;
    this.postgres = postgres;
    this.broker = broker;
    this.env = {
      DATABASE_URL: postgres.proxy.url,
      RABBITMQ_URL: broker.proxy.url,
      CRASH_DIR: this.crashDir,
      SKEW_DIR: join(this.home, 'skew'),
      // Only a soak asks: to collect all garbage holds a process up.
      ...(this.#options.measureMemory && { LIVE_MEMORY_DIR: this.memoryDir }),
      NODE_OPTIONS: ['infrastructure/skew.cjs', 'live-memory.cjs']
        .map((file) => `--require=${join(import.meta.dirname, file)}`)
        .join(' '),
      GRAPH_TIMEOUT_MS: String(GRAPH_TIMEOUT_MS),
      DRAIN_SPREAD_MS: '1000',
      LONGEST_RESTART_PAUSE_MS: '200',
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn',
    };
    this.stack = new BenchStack({ ...this.#options, base: this.base, env: this.env });
    await this.stack.start();
    await this.#openInbox();
    return this;
  }

  async #openInbox() {
    const { info } = this.stack;
    const demo = /** @type {any} */ (readDemo());
    this.wsUrls = [...info.ws];
    this.simulator = new Simulator(info.simulator);
    // Our customers never wrote on the phone of Meta's stand-in; everything else that it enforces stays.
    await this.simulator.configure({ limits: { enforceWindow: false } });
    this.customers = customersOf(CUSTOMERS, info.meta.wabaId, demo.senders);
    this.ledger = new Ledger(this.customers);
    this.agents = demo.agents.map((/** @type {any} */ login) => new Agent(info.back, login));
    for (const agent of this.agents) await agent.token();
    const { simulator, customers, agents, ledger, random } = this;
    const podsOf = (/** @type {string} */ app) =>
      info.services.filter(({ name }) => name.startsWith(app)).map(({ port }) => `http://127.0.0.1:${port}`);
    this.outbound = new Outbound({ urls: podsOf('back'), agents, customers, simulator });
    this.inbound = new Inbound({
      urls: podsOf('waba'),
      appSecret: info.meta.appSecret,
      ledger,
      customers,
      random,
    });
    this.load = new Load(this, this.#options.load);

    this.screens = Array.from({ length: SCREENS }, (_, i) => {
      const agent = agents[i % agents.length];
      const entitled = demo.senders.map(
        (/** @type {any} */ { team }) => agent.role === 'admin' || agent.teams.includes(team),
      );
      const outgoing = this.outbound.account(entitled);
      return new Screen({
        agent,
        urls: this.wsUrls,
        first: i + Math.floor(i / agents.length),
        account: ledger.account(entitled),
        numberOf,
        onOther: (frame) => outgoing.hear(frame),
        ...(i === 0 && {
          onMessage: (n, conversationId) =>
            this.outbound.conversations.set(ledger.customer[n], conversationId),
        }),
      });
    });
    await Promise.all(this.screens.map((screen) => screen.untilLive()));
    // Everybody has written once, so that there is whom to answer.
    await Promise.all(customers.map((_, customer) => this.inbound.write([customer])));
    await this.settled();
  }

  /** Asks the core's database as its superuser, past the proxy. @param {string[]} statements */
  async query(...statements) {
    const [, ...rows] = await query(this.servers.adminUrl, ['SET search_path = waba', ...statements]);
    return rows;
  }

  /** Waits for anything. @param {() => unknown} condition @param {string} what is awaited */
  async until(condition, what, timeoutMs = PATIENCE_MS) {
    const deadline = performance.now() + timeoutMs;
    while (!(await condition())) {
      if (performance.now() > deadline) throw new Problem(`${what}: not within ${timeoutMs / 1000} s`);
      await sleep(5);
    }
  }

  /** Our services and how to find them; the pods that a fault added are not among them. */
  names() {
    return this.stack.ours().map(({ name }) => name);
  }

  /** Arms a crash point: the next process that passes it dies there. @param {string} point */
  arm(point) {
    writeFileSync(join(this.crashDir, point), '');
  }

  /** @param {string} point */
  isArmed(point) {
    return existsSync(join(this.crashDir, point));
  }

  /**
   * These died. Whoever is left may do their work meanwhile: it has recovered when it works, and this answers when they
   * are back as well, so that the next fault finds everybody in place.
   *
   * @param {number} since by performance.now()
   * @param {Promise<[string, number][]> | [string, number][]} victims names and pids
   * @returns {Promise<number>} milliseconds until it had recovered
   */
  async survived(since, victims) {
    const back = async () => {
      const replacements = (await victims).map(([name, pid]) => this.stack.untilBack(name, pid));
      for (const { readyAt } of await Promise.all(replacements)) this.replaced.push(readyAt - since);
    };
    const [took] = await Promise.all([this.recovered(since), back()]);
    return took;
  }

  /**
   * A new message goes through on both roads, all screens are connected, and everything accepted until then is on them.
   *
   * @param {number} since by performance.now()
   * @returns {Promise<number>} milliseconds since then
   */
  async recovered(since, timeoutMs = PATIENCE_MS) {
    const deadline = performance.now() + timeoutMs;
    const left = () => Math.max(0, deadline - performance.now());
    /** @type {Record<string, number>} when each part was there: what a slow one was waiting for */
    const parts = {};
    const part = async (/** @type {string} */ name, /** @type {Promise<unknown>} */ work) => {
      await work;
      parts[name] = Math.round(performance.now() - since);
    };
    await Promise.all([
      part('inbound', this.#showsNewMessage(left)),
      part('outbound', this.#sendsNewMessage(left)),
    ]);
    await part('sockets', this.#connected(left()));
    await part('backlog', this.#onAllScreens(this.ledger.open(), left()));
    const took = performance.now() - since;
    if (took > SLOW_MS) this.note(`slow to recover: ${JSON.stringify(parts)}`);
    return took;
  }

  /** @param {number} timeoutMs */
  #connected(timeoutMs) {
    return this.until(() => this.screens.every((screen) => screen.live), 'all screens connected', timeoutMs);
  }

  /** @param {() => number} left */
  async #showsNewMessage(left) {
    const numbers = await this.#within(this.inbound.write(this.inbound.next()), left(), 'a webhook');
    await this.#onAllScreens(numbers, left());
  }

  /** @param {() => number} left */
  async #sendsNewMessage(left) {
    const id = await this.#within(this.outbound.sendNext(), left(), 'a send');
    if (id) await this.until(() => this.outbound.isFinal(id), 'a send on all screens', left());
  }

  /** @param {number[]} numbers @param {number} timeoutMs */
  async #onAllScreens(numbers, timeoutMs) {
    if (!(await this.ledger.untilOnAllScreens(numbers, timeoutMs)))
      throw new Problem(`accepted messages on all screens: not within ${Math.round(timeoutMs / 1000)} s`);
  }

  /** @template T @param {Promise<T>} work @param {number} timeoutMs @param {string} what @returns {Promise<T>} */
  #within(work, timeoutMs, what) {
    /** @type {NodeJS.Timeout} */
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new Problem(`${what}: not answered within ${Math.round(timeoutMs / 1000)} s`)),
        timeoutMs,
      );
    });
    return Promise.race([work, late]).finally(() => clearTimeout(timer));
  }

  /** Waits until what was accepted by now is shown everywhere, incoming and outgoing; the load goes on. */
  async settled(timeoutMs = PATIENCE_MS) {
    const incoming = this.ledger.open();
    const outgoing = this.outbound.open();
    const deadline = performance.now() + timeoutMs;
    const left = () => Math.max(0, deadline - performance.now());
    await this.#connected(left());
    await this.#onAllScreens(incoming, left());
    const open = () => outgoing.filter((id) => !this.outbound.isFinal(id));
    await this.until(() => open().length === 0, 'accepted sends resolved on all screens', left());
  }

  /**
   * Ends the load, waits until all is said and done, and counts since the beginning of this world.
   *
   * @param {number} since accepted sends are looked up in the history where they are younger
   */
  async verdict(since, timeoutMs = PATIENCE_MS) {
    await this.load.stop(timeoutMs);
    await this.settled(timeoutMs).catch((error) => this.note(error.message));
    const incoming = await this.ledger.verdict(1_000);
    let differences = await this.outbound.differences(since);
    // A tick may be on its way while we read; one that stays away is a fault.
    for (let tries = 0; tries < 10 && differences.length > 0; tries++) {
      await sleep(500);
      differences = await this.outbound.differences(since);
    }
    for (const id of differences.slice(0, 5))
      this.note(`the history differs from the screens: ${id}, shown as ${this.outbound.shownAs(id)}`);
    await this.outbound.readSends();
    const outgoing = this.outbound.counts();
    for (const line of this.outbound.refused.splice(0)) this.note(`refused: ${line}`);
    this.#noteDisorder(incoming.outOfOrder, outgoing);
    return {
      accepted: this.ledger.acceptedCount,
      sends: this.outbound.accepted.size,
      lost: incoming.lost,
      duplicated: incoming.duplicated + outgoing.repeated + outgoing.strangers,
      outOfOrder: incoming.outOfOrder + outgoing.backwards + outgoing.sentOutOfOrder,
      gaps: incoming.seqGaps,
      sentTwice: outgoing.sentTwice,
      unresolved: outgoing.unresolved,
      leaked: incoming.leaked,
      resets: incoming.resets,
      untrue: outgoing.untrue + differences.length,
      refused: outgoing.refused,
      unanswered: this.inbound.unanswered + this.outbound.unanswered,
    };
  }

  /** Which of the three it was that the table sums up, and of whom. @param {number} messages @param {any} outgoing */
  #noteDisorder(messages, { backwards, sentOutOfOrder }) {
    if (messages + backwards + sentOutOfOrder === 0) return;
    this.note(`out of order since the start: ${JSON.stringify({ messages, backwards, sentOutOfOrder })}`);
    const { ledger } = this;
    const times = (/** @type {number} */ n) =>
      `${wamidOf(n)} (posted ${Math.round(ledger.postedAt[n])}, 200 at ${Math.round(ledger.acceptedAt[n])})`;
    for (const { n, after } of ledger.misplaced.splice(0))
      this.note(`customer ${ledger.customer[n]}: ${times(n)} was shown after ${times(after)}`);
  }

  stop() {
    return (this.#stopped ??= this.#stop());
  }

  async #stop() {
    this.load?.abandon();
    for (const agent of this.agents) agent.close();
    for (const screen of this.screens) screen.close();
    await Promise.all([this.inbound?.close(), this.outbound?.close()]);
    await this.stack?.stop();
    await this.servers?.close();
    if (!this.#options.keep) removeHome(this.home);
  }
}
