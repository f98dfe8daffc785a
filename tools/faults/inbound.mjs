/** Customers who write, and Meta's deliveries of what they wrote: signed, repeated until answered with 200. */
import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { wamidOf } from '../bench/meta.mjs';

const PATH = '/webhooks/whatsapp';
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;
/** For one try, the wait for a connection included: behind a pod that stands still nobody waits for ever. */
const ANSWER_WITHIN_MS = 6_000;

/** How many deliveries come again though they were answered with 200, and how many hold several messages. */
const REPEATED = 0.02;
const BUNDLED = 0.02;
const BUNDLE = 5;

export class Inbound {
  /** Deliveries that nobody has answered with 200 yet. */
  unanswered = 0;
  retries = 0;
  /** Makes every text so much longer. */
  padding = '';
  #pools;
  #secret;
  #ledger;
  #random;
  #closed = false;
  /** @type {Promise<unknown>[]} by customer: their next message is posted when the one before was answered */
  #last;
  /** @type {any[]} by customer */
  #deliveries;
  #turn = 0;

  /**
   * @param {object} options
   * @param {string[]} options.urls of all waba pods
   * @param {string} options.appSecret
   * @param {import('../bench/ledger.mjs').Ledger} options.ledger
   * @param {import('../bench/meta.mjs').Customer[]} options.customers
   * @param {import('./random.mjs').Random} options.random
   */
  constructor({ urls, appSecret, ledger, customers, random }) {
    const options = { connections: 64, pipelining: 1, connect: { timeout: 2_000 } };
    this.#pools = urls.map((url) => new Pool(url, options));
    this.#secret = appSecret;
    this.#ledger = ledger;
    this.#random = random;
    this.#last = customers.map(() => Promise.resolve());
    this.#deliveries = customers.map(({ head, tail }) => JSON.parse(`${head}","timestamp":"${tail}`));
  }

  /** The next customers, in turns. @param {number} count */
  next(count = 1) {
    return Array.from({ length: count }, () => this.#turn++ % this.#last.length);
  }

  /** Somebody writes, now and then several in one delivery. Resolves when that was answered with 200. */
  writeNext() {
    return this.write(this.next(this.#random.chance(BUNDLED) ? BUNDLE : 1));
  }

  /**
   * These customers write, and one delivery brings it.
   *
   * @param {number[]} customers
   * @returns {Promise<number[]>} the messages' numbers in the ledger, once it was answered with 200
   */
  write(customers) {
    const turn = Promise.all(customers.map((customer) => this.#last[customer]));
    const done = turn.then(() => this.#deliver(customers));
    for (const customer of customers) this.#last[customer] = done;
    return done;
  }

  /** Resolves when everything that was written is answered. */
  idle() {
    return Promise.all(this.#last);
  }

  /** Posts any delivery once, to any pod. @param {Buffer} body @returns {Promise<number>} the status; 0 without an answer */
  knock(body) {
    return this.#tryOnce(this.#random.pick(this.#pools), body, this.#headers(body));
  }

  /** Posts any delivery until it is answered with 200. @param {Buffer} body */
  async post(body) {
    const headers = this.#headers(body);
    let pod = this.#random.next() * this.#pools.length;
    for (let pause = FIRST_PAUSE_MS; !this.#closed; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      // As a load balancer would, the next try goes to another pod.
      const pool = this.#pools[Math.floor(pod++) % this.#pools.length];
      if ((await this.#tryOnce(pool, body, headers)) === 200) return;
      this.retries++;
      await sleep(pause * (0.8 + Math.random() * 0.4));
    }
    throw new Error('the run is over');
  }

  async close() {
    this.#closed = true;
    await Promise.all(this.#pools.map((pool) => pool.destroy()));
  }

  /** @param {number[]} customers */
  async #deliver(customers) {
    const ledger = this.#ledger;
    const numbers = customers.map((customer) => ledger.begin(customer));
    const entry = customers.map((customer, i) => this.#entry(customer, numbers[i]));
    const body = Buffer.from(JSON.stringify({ object: 'whatsapp_business_account', entry }));
    this.unanswered++;
    for (const n of numbers) ledger.postedAt[n] = performance.now();
    await this.post(body);
    this.unanswered--;
    for (const n of numbers) ledger.accepted(n);
    if (this.#random.chance(REPEATED)) this.post(body).catch(() => {});
    return numbers;
  }

  /** @param {number} customer @param {number} n */
  #entry(customer, n) {
    const [entry] = this.#deliveries[customer].entry;
    const [change] = entry.changes;
    const [message] = change.value.messages;
    const timestamp = String(Math.floor(Date.now() / 1000));
    const text = { body: `${message.text.body}${this.padding}` };
    const messages = [{ ...message, id: wamidOf(n), timestamp, text }];
    return { ...entry, changes: [{ ...change, value: { ...change.value, messages } }] };
  }

  /** @param {Buffer} body */
  #headers(body) {
    return {
      'content-type': 'application/json',
      'user-agent': 'facebookexternalua',
      'x-hub-signature-256': `sha256=${createHmac('sha256', this.#secret).update(body).digest('hex')}`,
    };
  }

  /** @param {Pool} pool @param {Buffer} body @param {Record<string, string>} headers @returns {Promise<number>} */
  async #tryOnce(pool, body, headers) {
    let status;
    try {
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
      const answer = await pool.request({ path: PATH, method: 'POST', headers, body, signal });
      status = answer.statusCode;
      await answer.body.dump();
    } catch {
      return 0;
    }
    if (status === 401) throw new Error('the webhook refuses our signature');
    return status;
  }
}
