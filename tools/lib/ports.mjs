/** Who listens where. Everything listens on the loopback interface only. */
import { connect, createServer } from 'node:net';
import { Problem } from './say.mjs';

/** How many pods the plan below has room for, and how many ports it spans. */
export const LIMITS = { backPods: 6, wsPods: 30, wabaPods: 36, span: 79 };

/**
 * The fixed plan of `npm start`.
 *
 * @param {number} base
 */
export function portPlan(base) {
  return {
    /** @param {number} pod from 1: the first port, then +45 to +49 */
    back: (pod = 1) => (pod === 1 ? base : base + 43 + pod),
    mail: base + 1,
    user: base + 2,
    simulator: base + 4,
    /** @param {number} pod from 1 */
    ws: (pod) => base + 9 + pod,
    /** @param {number} pod from 1: +3, then +5 to +9, then +50 and up */
    waba: (pod) => (pod === 1 ? base + 3 : pod <= 6 ? base + 3 + pod : base + 43 + pod),
    postgres: base + 40,
    rabbitmq: { amqp: base + 41, distribution: base + 42, epmd: base + 43 },
    smtp: base + 44,
  };
}

/**
 * Fails with one line if a port is taken.
 *
 * @param {{ name: string, port: number }[]} wanted
 */
export async function requirePorts(wanted) {
  const free = await Promise.all(wanted.map(({ port }) => isFree(port)));
  const taken = wanted.filter((_, index) => !free[index]).map(({ name, port }) => `${port} (for ${name})`);
  if (taken.length === 0) return;
  const [ports, are] = taken.length === 1 ? ['port', 'is'] : ['ports', 'are'];
  throw new Problem(
    `${ports} ${taken.join(', ')} ${are} taken by another program: stop it, or choose other ports with --port-base N`,
  );
}

/**
 * Ports that nobody has now. All are held until the last is found, so that they differ.
 *
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map(
    (server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port,
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/**
 * Does a RabbitMQ speak at this port? It opens its port last, once everything else in it is up.
 *
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function speaksAmqp(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 2_000 });
    const answer = (/** @type {boolean} */ yes) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => socket.write(Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1])));
    // A method frame (1) on channel 0: connection.start. A port proxy without a broker behind it just closes.
    socket.once('data', (bytes) => answer(bytes[0] === 1));
    socket.once('timeout', () => answer(false));
    socket.once('close', () => answer(false));
    socket.once('error', () => answer(false));
  });
}

/** @param {number} port */
async function isFree(port) {
  try {
    const server = await listen(port);
    await new Promise((resolve) => server.close(resolve));
    return true;
  } catch {
    return false;
  }
}

/** @param {number} port @returns {Promise<import('node:net').Server>} */
function listen(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server));
  });
}
