/** A private RabbitMQ, by whichever way this machine offers: a program, a Docker engine, Debian's package. */
import { installByApt, canInstallByApt } from './rabbitmq-apt.mjs';
import { dockerAnswers, startInDocker } from './rabbitmq-docker.mjs';
import { findServer, startNode } from './rabbitmq-node.mjs';
import { Problem } from './say.mjs';

/**
 * @typedef {object} PrivateRabbit
 * @property {string} url
 * @property {number} port
 * @property {string} way how it runs, for people
 * @property {import('./supervise.mjs').Supervised} process
 *
 * @typedef {object} RabbitOptions
 * @property {import('./processes.mjs').Processes} processes
 * @property {{ amqp: number, distribution: number, epmd: number }} ports
 * @property {boolean} [disposable] data that nobody will miss
 * @property {(it: import('./supervise.mjs').Supervised) => unknown} [onChange]
 * @property {(text: string) => void} [note]
 */

/**
 * @param {RabbitOptions} options
 * @returns {Promise<PrivateRabbit>}
 */
export async function startRabbit(options) {
  const url = `amqp://guest:guest@127.0.0.1:${options.ports.amqp}`;
  const port = options.ports.amqp;
  let server = findServer();
  if (!server && dockerAnswers()) return { url, port, way: 'Docker', process: await startInDocker(options) };
  if (!server && canInstallByApt()) {
    options.note?.('installing Debian’s rabbitmq-server');
    await installByApt(options.processes);
    server = findServer();
  }
  if (!server)
    throw new Problem(
      'no RabbitMQ: install rabbitmq-server, or start Docker, or run this as root (or with passwordless sudo) on Debian or Ubuntu, or give one as RABBITMQ_URL',
    );
  return { url, port, way: server, process: await startNode(server, options) };
}

/**
 * Fails with one line if a broker does not let us in.
 *
 * @param {string} url
 * @param {string} [advice]
 */
export async function requireRabbit(
  url,
  advice = 'start that broker, correct the URL, or unset it to get a private one',
) {
  const { default: amqp } = await import('amqplib');
  try {
    const connection = await amqp.connect(url, { timeout: 5_000 });
    await connection.close();
  } catch (error) {
    const why = error.errors?.[0]?.message || error.message || error.code;
    throw new Problem(`RABBITMQ_URL does not work (${why}): ${advice}`);
  }
}
