/** Agents who answer, and the books of it: what was accepted, what each screen shows of it, what Meta was asked. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

const PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1_000;

/** How far each status is, as the product has it: a screen may only see it grow. */
const RANK = { queued: 0, sending: 1, unknown: 1, sent: 2, failed: 3, delivered: 4, read: 5, played: 6 };
const GONE_OUT = new Set(['sent', 'delivered', 'read', 'played']);
const FINAL = new Set([...GONE_OUT, 'failed', 'unknown']);

/**
 * @typedef {object} Accepted
 * @property {string} id
 * @property {number} customer
 * @property {string} conversationId
 * @property {number} acceptedAt
 */

export class Outbound {
  /** Requests that nobody has answered with 202 yet. */
  unanswered = 0;
  retries = 0;
  /** Answers that no fault excuses: a 4xx. @type {string[]} */
  refused = [];
  /** @type {Map<string, Accepted>} by the message's id */
  accepted = new Map();
  /** @type {Map<number, string>} each customer's conversation, once they have written */
  conversations = new Map();
  /** @type {Map<string, number>} how often Meta's stand-in took each */
  #sends = new Map();
  /** @type {Map<string, number>} the last text's number that went to a customer */
  #lastSent = new Map();
  sentOutOfOrder = 0;
  /** @type {OutboundAccount[]} */
  #accounts = [];
  /** Accepted, and not final everywhere yet. @type {Set<string>} */
  #open = new Set();
  /** @type {Map<number, Promise<unknown>>} */
  #last = new Map();
  #count = 0;
  #turn = 0;
  #pod = 0;
  #closed = false;
  #pools;
  #agents;
  #customers;
  #simulator;

  /**
   * @param {object} options
   * @param {string[]} options.urls of all back pods
   * @param {import('../bench/tokens.mjs').Agent[]} options.agents
   * @param {import('../bench/meta.mjs').Customer[]} options.customers
   * @param {import('./simulator.mjs').Simulator} options.simulator
   */
  constructor({ urls, agents, customers, simulator }) {
    this.#pools = urls.map(
      (url) => new Pool(url, { connections: 64, pipelining: 1, headersTimeout: 15_000 }),
    );
    this.#agents = agents;
    this.#customers = customers;
    this.#simulator = simulator;
  }

  /** The account of one screen. @param {boolean[]} entitled by business number */
  account(entitled) {
    const account = new OutboundAccount(entitled);
    this.#accounts.push(account);
    return account;
  }

  /** The next customer who has written and waits for no answer that is still on its way to being accepted. */
  next() {
    for (let i = 0; i < this.#customers.length; i++) {
      const customer = this.#turn++ % this.#customers.length;
      if (this.conversations.has(customer) && !this.#last.has(customer)) return customer;
    }
    return undefined;
  }

  /** Somebody is answered; resolves with the message's id when that was accepted. */
  async sendNext() {
    const customer = this.next();
    return customer === undefined ? undefined : this.send(customer);
  }

  /**
   * An agent answers this customer. One after the other, so that the order is never in doubt.
   *
   * @param {number} customer
   * @returns {Promise<string | undefined>} the message's id once it was accepted; nothing where it was refused
   */
  send(customer) {
    const turn = this.#last.get(customer) ?? Promise.resolve();
    const done = turn.then(() => this.#ask(customer));
    this.#last.set(customer, done);
    const clear = () => this.#last.get(customer) === done && this.#last.delete(customer);
    return done.finally(clear);
  }

  /** Resolves when everything that was asked is answered. */
  idle() {
    return Promise.allSettled(this.#last.values());
  }

  /** @param {string} id whether every entitled screen shows how it ended */
  isFinal(id) {
    const one = this.accepted.get(id);
    return one !== undefined && this.#entitledTo(one).every(({ shown }) => FINAL.has(shown.get(id) ?? ''));
  }

  /** Accepted, and not shown as sent, failed or unknown on all entitled screens. @returns {string[]} */
  open() {
    for (const id of this.#open) if (this.isFinal(id)) this.#open.delete(id);
    return [...this.#open];
  }

  /** Asks Meta's stand-in what it was asked to send. */
  async readSends() {
    for (const { callbackId, outcome, to, body } of await this.#simulator.newSends()) {
      if (!callbackId || !outcome.startsWith('accepted')) continue;
      this.#sends.set(callbackId, (this.#sends.get(callbackId) ?? 0) + 1);
      const number = Number(/#(\d+)$/.exec(body?.text?.body ?? '')?.[1] ?? NaN);
      if (Number.isNaN(number)) continue;
      if (number < (this.#lastSent.get(to) ?? -1)) this.sentOutOfOrder++;
      this.#lastSent.set(to, number);
    }
  }

  /**
   * All counts since the beginning. `readSends` goes before.
   *
   * - `sentTwice`: messages that Meta took more than once
   * - `strangers`: messages on a screen that no request was answered for: stored twice
   * - `untrue`: shown as sent though Meta never took it
   */
  counts() {
    const strangers = new Set();
    for (const { shown } of this.#accounts)
      for (const id of shown.keys()) if (!this.accepted.has(id)) strangers.add(id);
    const [reference] = this.#accounts;
    const untrue = [...this.accepted.keys()].filter(
      (id) => GONE_OUT.has(reference.shown.get(id) ?? '') && !this.#sends.has(id),
    );
    const total = (/** @type {'backwards' | 'repeated' | 'leaked'} */ what) =>
      this.#accounts.reduce((sum, account) => sum + account[what], 0);
    return {
      sentTwice: [...this.#sends.values()].filter((count) => count > 1).length,
      sentOutOfOrder: this.sentOutOfOrder,
      unresolved: this.open().length,
      strangers: strangers.size,
      untrue: untrue.length,
      refused: this.refused.length,
      backwards: total('backwards'),
      repeated: total('repeated'),
      leaked: total('leaked'),
    };
  }

  /** How those ended that were accepted since then, by the first screen. @param {number} since */
  outcomes(since) {
    /** @type {Record<string, number>} */
    const counts = {};
    for (const { id, acceptedAt } of this.accepted.values()) {
      if (acceptedAt < since) continue;
      const status = this.#accounts[0].shown.get(id) ?? 'not shown';
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  }

  /**
   * Where the history (REST) says otherwise than some screen.
   *
   * @param {number} since of messages that were accepted since then
   * @returns {Promise<string[]>} their ids
   */
  async differences(since) {
    /** @type {Map<string, Accepted[]>} */
    const byConversation = new Map();
    for (const one of this.accepted.values()) {
      if (one.acceptedAt < since) continue;
      byConversation.set(one.conversationId, [...(byConversation.get(one.conversationId) ?? []), one]);
    }
    const work = [...byConversation];
    /** @type {string[]} */
    const different = [];
    const worker = async () => {
      for (let next = work.pop(); next; next = work.pop()) {
        const [conversationId, those] = next;
        const statuses = await this.#history(conversationId, new Set(those.map(({ id }) => id)));
        for (const one of those) {
          const status = statuses.get(one.id);
          if (this.#entitledTo(one).some(({ shown }) => shown.get(one.id) !== status)) different.push(one.id);
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    return different;
  }

  /** @param {string} id what each entitled screen shows, for people */
  shownAs(id) {
    const one = this.accepted.get(id);
    return one && this.#entitledTo(one).map(({ shown }) => shown.get(id) ?? 'nothing');
  }

  async close() {
    this.#closed = true;
    await Promise.all(this.#pools.map((pool) => pool.destroy()));
  }

  /** @param {Accepted} one */
  #entitledTo({ customer }) {
    const { sender } = this.#customers[customer];
    return this.#accounts.filter(({ entitled }) => entitled[sender]);
  }

  /** @param {number} customer */
  async #ask(customer) {
    const { team } = this.#customers[customer];
    const colleagues = this.#agents.filter(({ role, teams }) => role === 'agent' && teams.includes(team));
    const number = this.#count++;
    const agent = colleagues[number % colleagues.length];
    const conversationId = this.conversations.get(customer);
    const request = {
      path: `/api/v1/conversations/${conversationId}/messages`,
      method: /** @type {const} */ ('POST'),
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify({ type: 'text', text: { body: `Masih ada, kak! #${number}` } }),
    };
    this.unanswered++;
    for (let pause = PAUSE_MS; !this.#closed; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      const { status, body } = await this.#request(agent, request);
      if (status === 202) {
        this.unanswered--;
        this.accepted.set(body.id, { id: body.id, customer, conversationId, acceptedAt: performance.now() });
        this.#open.add(body.id);
        return /** @type {string} */ (body.id);
      }
      if (status >= 400 && status < 500 && status !== 429) {
        this.unanswered--;
        this.refused.push(`${status} ${JSON.stringify(body).slice(0, 200)}`);
        return undefined;
      }
      this.retries++;
      await sleep(pause);
    }
    return undefined;
  }

  /** @param {string} conversationId @param {Set<string>} wanted @returns {Promise<Map<string, string>>} statuses by id */
  async #history(conversationId, wanted) {
    const found = new Map();
    let cursor = '';
    for (let tries = 0; found.size < wanted.size && tries < 100; tries++) {
      const path = `/api/v1/conversations/${conversationId}/messages?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const { status, body } = await this.#request(this.#agents[0], { path, method: 'GET', headers: {} });
      if (status !== 200) {
        await sleep(PAUSE_MS);
        continue;
      }
      for (const message of body.items) if (wanted.has(message.id)) found.set(message.id, message.status);
      if (!body.nextCursor) break;
      cursor = body.nextCursor;
    }
    return found;
  }

  /**
   * To one pod after the other, as a load balancer would.
   *
   * @param {import('../bench/tokens.mjs').Agent} agent
   * @param {{ path: string, method: 'GET' | 'POST', headers: Record<string, string>, body?: string }} request
   * @returns {Promise<{ status: number, body: any }>} status 0 where there was no answer
   */
  async #request(agent, { headers, ...request }) {
    try {
      const authorization = `Bearer ${await agent.token()}`;
      const pool = this.#pools[this.#pod++ % this.#pools.length];
      const answer = await pool.request({ ...request, headers: { ...headers, authorization } });
      return { status: answer.statusCode, body: JSON.parse(await answer.body.text()) };
    } catch {
      return { status: 0, body: undefined };
    }
  }
}

/** What one screen shows of outgoing messages. */
class OutboundAccount {
  /** @type {Map<string, string>} the status of each message */
  shown = new Map();
  backwards = 0;
  /** Changes that came again. */
  repeated = 0;
  leaked = 0;
  /** @type {Map<string, number>} the last change of each conversation that was no customer's message */
  #seqs = new Map();

  /** @param {boolean[]} entitled */
  constructor(entitled) {
    this.entitled = entitled;
  }

  /** @param {any} frame any change but a customer's message */
  hear({ conversationId, seq, data }) {
    if (seq <= (this.#seqs.get(conversationId) ?? 0)) this.repeated++;
    else this.#seqs.set(conversationId, seq);
    const message = data?.message;
    if (message?.direction !== 'out') return;
    const before = this.shown.get(message.id);
    if (before !== undefined && RANK[message.status] < RANK[before]) this.backwards++;
    this.shown.set(message.id, message.status);
  }
}
