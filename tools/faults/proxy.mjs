/** A network that can be broken, between the services and the server that `url` names. */
import { connect, createServer } from 'node:net';

/** @typedef {import('node:net').Socket} Socket */

export class Proxy {
  /** @type {Set<{ near: Socket, far: Socket, forgotten: boolean }>} */
  #pairs = new Set();
  #delayMs = 0;
  #frozen = false;
  #refusing = false;
  #server;
  /** @type {URL[]} */
  #targets = [];
  #turn = 0;

  /** The same server, through this network. */
  url;

  /**
   * @param {import('node:net').Server} server
   * @param {string} url
   */
  constructor(server, url) {
    this.#server = server;
    this.url = url;
  }

  /** @param {string} url @returns {Promise<Proxy>} */
  static async to(url) {
    const server = createServer();
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const here = new URL(url);
    here.hostname = '127.0.0.1';
    here.port = String(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
    const proxy = new Proxy(server, here.toString());
    proxy.aim([url]);
    server.on('connection', (near) => proxy.#join(near));
    return proxy;
  }

  /** From now on connections go to these servers in turn, as through a load balancer. @param {string[]} urls */
  aim(urls) {
    this.#targets = urls.map((url) => new URL(url));
  }

  /** Those that it still carries. */
  get connections() {
    return [...this.#pairs].filter(({ forgotten }) => !forgotten).length;
  }

  /** As if nothing were between: the end of every fault. What was held back goes on. */
  pass() {
    this.#delayMs = 0;
    this.#refusing = false;
    this.#frozen = false;
    for (const { near, far } of this.#pairs) {
      near.resume();
      far.resume();
    }
  }

  /** New connections work; those of now stay swallowed for ever, as where a device in between forgot them. */
  forget() {
    this.#frozen = false;
    // Neither end hears of the other one's end.
    const told = ['data', 'end', 'close'];
    for (const pair of this.#pairs) {
      pair.forgotten = true;
      for (const socket of [pair.near, pair.far]) {
        for (const event of told) socket.removeAllListeners(event);
        socket.resume();
      }
    }
  }

  /** Every byte comes so much later, both ways. @param {number} ms */
  delay(ms) {
    this.#delayMs = ms;
  }

  /** Nothing gets through, new connections included, and nobody is told. */
  blackhole() {
    this.#frozen = true;
    for (const { near, far } of this.#pairs) {
      near.pause();
      far.pause();
    }
  }

  /** Ends every connection at once, by a reset. New ones work. @param {number} [share] of them, all unless said */
  reset(share = 1) {
    for (const { near, far } of this.#pairs) {
      if (share < 1 && Math.random() >= share) continue;
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Ends every connection and every new one, until pass(). */
  refuse() {
    this.#refusing = true;
    this.reset();
  }

  async close() {
    this.refuse();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** @param {Socket} near */
  #join(near) {
    if (this.#refusing) {
      near.resetAndDestroy();
      return;
    }
    const target = this.#targets[this.#turn++ % this.#targets.length];
    const far = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    near.setNoDelay(true);
    const pair = { near, far, forgotten: false };
    this.#pairs.add(pair);
    this.#flow(near, far);
    this.#flow(far, near);
    for (const socket of [near, far]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#pairs.delete(pair);
        near.destroy();
        far.destroy();
      });
    }
    if (this.#frozen) {
      near.pause();
      far.pause();
    }
  }

  /** @param {Socket} from @param {Socket} to */
  #flow(from, to) {
    /** What is held back: whatever the timers do, bytes stay in their order. @type {Buffer[]} */
    const late = [];
    const pass = (/** @type {Buffer} */ chunk) => {
      if (to.destroyed) return;
      if (!to.write(chunk) && !from.destroyed) {
        from.pause();
        to.once('drain', () => this.#frozen || from.resume());
      }
    };
    from.on('data', (chunk) => {
      if (this.#delayMs === 0 && late.length === 0) return pass(chunk);
      late.push(chunk);
      setTimeout(() => pass(/** @type {Buffer} */ (late.shift())), this.#delayMs);
    });
    from.on('end', () => setTimeout(() => to.end(), this.#delayMs));
  }
}
