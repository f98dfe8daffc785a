/** What goes on while something breaks: customers write, agents answer, and networks fail now and then. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Somebody's connection is lost this often. */
const DROP_MS = 2_000;

export class Load {
  #world;
  #factor;
  #running = false;
  /** @type {Promise<unknown>[]} */
  #loops = [];

  /** @param {import('./world.mjs').World} world @param {number} factor */
  constructor(world, factor) {
    this.#world = world;
    this.#factor = factor;
  }

  /** Open loops, evenly spaced, that no slow answer slows down. @param {{ in: number, out: number }} rates a second */
  start(rates) {
    if (this.#running) return;
    const { inbound, outbound, screens, random } = this.#world;
    this.#running = true;
    this.#loops = [
      this.#every(1_000 / (rates.in * this.#factor), () => inbound.writeNext()),
      this.#every(1_000 / (rates.out * this.#factor), () => outbound.sendNext()),
      this.#every(DROP_MS, () => random.pick(screens).drop()),
    ];
  }

  /** Nothing new; resolves when everything that was begun is answered, or when the time is up. @param {number} timeoutMs */
  async stop(timeoutMs) {
    this.abandon();
    await Promise.all(this.#loops);
    const { inbound, outbound } = this.#world;
    await Promise.race([Promise.all([inbound.idle(), outbound.idle()]), sleep(timeoutMs)]);
  }

  abandon() {
    this.#running = false;
  }

  /** @param {number} ms @param {() => unknown} act */
  async #every(ms, act) {
    const began = performance.now();
    for (let fired = 0; this.#running; fired++) {
      const wait = began + fired * ms - performance.now();
      if (wait > 0) await sleep(Math.min(wait, 200));
      if (wait > 200) {
        fired--;
        continue;
      }
      if (this.#running) act();
    }
  }
}
