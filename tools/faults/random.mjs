/** Chance that can be repeated: the same seed makes the same choices in the same order. */

export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to 1. (mulberry32) */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** @param {number} from @param {number} to */
  between(from, to) {
    return from + this.next() * (to - from);
  }

  /** @param {number} share of 1 */
  chance(share) {
    return this.next() < share;
  }

  /** @template T @param {T[]} those @returns {T} */
  pick(those) {
    return those[Math.floor(this.next() * those.length)];
  }
}
