/** Postgres and RabbitMQ of a world: real ones, each behind a network that can be broken, each ours to kill. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startInfrastructure } from '../lib/infrastructure.mjs';
import { portPlan, speaksAmqp } from '../lib/ports.mjs';
import { query } from '../lib/postgres.mjs';
import { Processes } from '../lib/processes.mjs';
import { Problem } from '../lib/say.mjs';
import { Proxy } from './proxy.mjs';

/** One of them. It is started again when it dies, unless it is held down. */
export class Server {
  #supervised;
  #isReady;

  /**
   * @param {string} name
   * @param {import('../lib/supervise.mjs').Supervised} supervised
   * @param {Proxy} proxy
   * @param {() => Promise<boolean>} isReady asked past the proxy
   */
  constructor(name, supervised, proxy, isReady) {
    this.name = name;
    this.proxy = proxy;
    this.#supervised = supervised;
    this.#isReady = isReady;
  }

  /** undefined while it is down */
  get pid() {
    return this.#supervised.pid;
  }

  /**
   * For Postgres SIGQUIT is its "immediate" stop and SIGINT its "fast" one; SIGSTOP hangs either of the two until
   * SIGCONT.
   *
   * @param {NodeJS.Signals} signal
   */
  kill(signal) {
    const { pid } = this;
    if (!pid) throw new Problem(`${this.name} is not running`);
    process.kill(pid, signal);
    return pid;
  }

  /** As long as it is held, it is not started again where it dies. @param {boolean} held */
  hold(held) {
    this.#supervised.held = held;
  }

  /** Ends it and keeps it down, until start(). @param {NodeJS.Signals} [signal] */
  async stop(signal = 'SIGTERM') {
    this.#supervised.held = true;
    this.kill(signal);
    while (this.pid) await sleep(10);
  }

  /** Lets it be started again and waits until it answers. */
  async start(timeoutMs = 60_000) {
    this.#supervised.held = false;
    await this.untilReady(timeoutMs);
  }

  /** Waits until it answers, by another process than `before`. @param {number} [timeoutMs] @param {number} [before] */
  async untilReady(timeoutMs = 60_000, before) {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      if (this.pid && this.pid !== before && (await this.#isReady())) return;
      if (performance.now() > deadline)
        throw new Problem(`${this.name} was not ready after ${timeoutMs / 1000} s`);
      await sleep(20);
    }
  }
}

/**
 * @param {string} home
 * @param {number} base the first port of the world
 */
export async function startServers(home, base) {
  const processes = new Processes(home);
  const close = () => processes.close();
  try {
    // Never those that the shell names; and with all the care for the data that production takes.
    const infrastructure = await startInfrastructure({ processes, ports: portPlan(base), env: {} });
    const { postgres, rabbitmq } = infrastructure;
    const [database, broker] = await Promise.all([Proxy.to(postgres.url), Proxy.to(rabbitmq.url)]);
    return {
      adminUrl: new URL('/scrm', postgres.adminUrl).toString(),
      postgres: new Server('postgres', postgres.process, database, () => answers(postgres.adminUrl)),
      broker: new Server('rabbitmq', rabbitmq.process, broker, () => speaksAmqp(rabbitmq.port)),
      rabbitmqUrl: rabbitmq.url,
      processes,
      async close() {
        await Promise.all([database.close(), broker.close()]);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param {string} url */
async function answers(url) {
  try {
    await query(url, ['SELECT 1']);
    return true;
  } catch {
    return false;
  }
}
