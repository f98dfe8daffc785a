/**
 * What was sent, what was accepted, and which screen saw it: the checker. It keeps numbers only, in flat arrays, so
 * that keeping the books costs next to nothing beside the load.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const CAPACITY = 1 << 20;
/** What is still to come after everything was seen once: something shown twice. */
const AFTERMATH_MS = 1_500;
/** Examples of what is out of order, for whoever looks for the cause. */
const NOTED = 20;

/**
 * @typedef {object} Verdict
 * @property {number} lost accepted messages that some screen should have shown and did not
 * @property {number} duplicated times that a screen showed a message again
 * @property {number} outOfOrder times that a screen showed a customer's message after a later one
 * @property {number} seqGaps times that a conversation's seq did not go on by one
 * @property {number} leaked times that a screen showed what its agent may not see
 * @property {number} resets times that a screen was told to load everything again
 */

export class Ledger {
  count = 0;
  /** The first that a screen showed after a later one of the same customer. @type {{ n: number, after: number }[]} */
  misplaced = [];
  customer = new Uint16Array(CAPACITY);
  postedAt = new Float64Array(CAPACITY);
  acceptedAt = new Float64Array(CAPACITY);
  /** By the reference screen of its business number: the first one that may see it. */
  seenAt = new Float64Array(CAPACITY);
  /** On how many screens it is still missing. */
  #due = new Uint16Array(CAPACITY);
  /** On how many screens a message should be, by business number. @type {number[]} */
  #screens = [];
  #acceptedCount = 0;
  #incomplete = 0;
  /** Everything before it is accepted and on all screens. */
  #settledUpTo = 0;
  /** @type {Map<number, () => void>} */
  #waiting = new Map();
  /** @type {Account[]} */
  #accounts = [];
  #customers;

  /** @param {{ sender: number }[]} customers by their number: which business number they write to */
  constructor(customers) {
    this.#customers = customers;
  }

  /**
   * The account of one screen.
   *
   * @param {boolean[]} entitled by business number
   */
  account(entitled) {
    const isReference = entitled.map((may, sender) => may && !this.#screens[sender]);
    const account = new Account(this, isReference, entitled, this.#customers);
    this.#accounts.push(account);
    entitled.forEach((may, sender) => (this.#screens[sender] = (this.#screens[sender] ?? 0) + Number(may)));
    return account;
  }

  /** A customer writes. @param {number} customer @returns {number} the message's number */
  begin(customer) {
    if (this.count === CAPACITY) throw new Error(`a run has at most ${CAPACITY} messages`);
    const n = this.count++;
    this.customer[n] = customer;
    this.#due[n] = this.#screens[this.#customers[customer].sender];
    return n;
  }

  /** It was answered with 200. @param {number} n */
  accepted(n) {
    this.acceptedAt[n] = performance.now();
    this.#acceptedCount++;
    if (this.#due[n] > 0) this.#incomplete++;
  }

  /** @param {number} n @param {boolean} reference */
  seen(n, reference) {
    if (reference) {
      this.seenAt[n] = performance.now();
      this.#waiting.get(n)?.();
      this.#waiting.delete(n);
    }
    if (--this.#due[n] === 0 && this.acceptedAt[n]) this.#incomplete--;
  }

  /** @param {number} n @param {number} after the later one */
  isMisplaced(n, after) {
    const { misplaced } = this;
    if (misplaced.length < NOTED && !misplaced.some((one) => one.n === n)) misplaced.push({ n, after });
  }

  /** Resolves when the reference screen shows it. @param {number} n @returns {Promise<void> | undefined} */
  onScreen(n) {
    if (this.seenAt[n]) return undefined;
    return new Promise((resolve) => this.#waiting.set(n, resolve));
  }

  /** Lets everybody go who waits for something that may never come. */
  letGo() {
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }

  get acceptedCount() {
    return this.#acceptedCount;
  }

  /** Accepted, and not on all screens yet. @returns {number[]} */
  open() {
    while (this.#settledUpTo < this.count && this.#isSettled(this.#settledUpTo)) this.#settledUpTo++;
    const open = [];
    for (let n = this.#settledUpTo; n < this.count; n++)
      if (this.acceptedAt[n] && this.#due[n] > 0) open.push(n);
    return open;
  }

  /**
   * Waits until these are on all screens.
   *
   * @param {number[]} numbers
   * @param {number} timeoutMs
   * @returns {Promise<boolean>} false where the time was up before
   */
  async untilOnAllScreens(numbers, timeoutMs) {
    const deadline = performance.now() + timeoutMs;
    while (numbers.some((n) => this.#due[n] > 0)) {
      if (performance.now() > deadline) return false;
      await sleep(5);
    }
    return true;
  }

  /** Waits until all is said and done, then judges. @returns {Promise<Verdict>} */
  async verdict(timeoutMs = 60_000) {
    const deadline = performance.now() + timeoutMs;
    while (this.#incomplete > 0 && performance.now() < deadline) await sleep(50);
    await sleep(AFTERMATH_MS);
    const total = (/** @type {'duplicated' | 'outOfOrder' | 'seqGaps' | 'leaked' | 'resets'} */ what) =>
      this.#accounts.reduce((sum, account) => sum + account[what], 0);
    return {
      lost: this.#incomplete,
      duplicated: total('duplicated'),
      outOfOrder: total('outOfOrder'),
      seqGaps: total('seqGaps'),
      leaked: total('leaked'),
      resets: total('resets'),
    };
  }

  /** @param {number} n */
  #isSettled(n) {
    return this.acceptedAt[n] > 0 && this.#due[n] === 0;
  }

  /**
   * The times of the messages of one window.
   *
   * @param {number} from
   * @param {number} to
   * @param {[from: number, to: number][]} [except] those that were on their way meanwhile, in order and apart
   */
  times(from, to, except = []) {
    const accept = [];
    const toSocket = [];
    let lastSeenAt = 0;
    for (let n = from; n < to; n++) {
      if (except.some(([began, ended]) => this.seenAt[n] > began && this.postedAt[n] < ended)) continue;
      if (this.acceptedAt[n]) accept.push(this.acceptedAt[n] - this.postedAt[n]);
      if (!this.seenAt[n]) continue;
      toSocket.push(this.seenAt[n] - this.postedAt[n]);
      lastSeenAt = Math.max(lastSeenAt, this.seenAt[n]);
    }
    return { accept, toSocket, lastSeenAt };
  }
}

/** What one screen showed. */
class Account {
  duplicated = 0;
  outOfOrder = 0;
  seqGaps = 0;
  leaked = 0;
  resets = 0;
  #ledger;
  #isReference;
  #customers;
  /** One bit a message: there may be hundreds of screens. */
  #seen = new Uint8Array(CAPACITY / 8);
  /** The last message of each customer, by its number plus one. */
  #last;
  /** @type {Map<string, number>} the last seq by conversation */
  #seqs = new Map();

  /**
   * @param {Ledger} ledger
   * @param {boolean[]} isReference by business number
   * @param {boolean[]} entitled the same
   * @param {{ sender: number }[]} customers
   */
  constructor(ledger, isReference, entitled, customers) {
    this.#ledger = ledger;
    this.#isReference = isReference;
    this.entitled = entitled;
    this.#customers = customers;
    this.#last = new Int32Array(customers.length);
  }

  /** Something changed in a conversation. @param {string} conversationId @param {number} seq */
  change(conversationId, seq) {
    const last = this.#seqs.get(conversationId);
    // Shown again: counted where it is a message. A conversation that is new to this screen begins anywhere.
    if (last !== undefined && seq > last + 1) this.seqGaps++;
    if (last === undefined || seq > last) this.#seqs.set(conversationId, seq);
  }

  /** A message of ours. @param {number} n */
  message(n) {
    if (n >= this.#ledger.count) return;
    const customer = this.#ledger.customer[n];
    const { sender } = this.#customers[customer];
    if (!this.entitled[sender]) {
      this.leaked++;
      return;
    }
    const bit = 1 << (n & 7);
    if (this.#seen[n >> 3] & bit) {
      this.duplicated++;
      return;
    }
    this.#seen[n >> 3] |= bit;
    if (n + 1 < this.#last[customer]) {
      this.outOfOrder++;
      this.#ledger.isMisplaced(n, this.#last[customer] - 1);
    } else this.#last[customer] = n + 1;
    this.#ledger.seen(n, this.#isReference[sender]);
  }

  /** Told to load everything again. */
  reset() {
    this.resets++;
    this.#seqs.clear();
  }
}
