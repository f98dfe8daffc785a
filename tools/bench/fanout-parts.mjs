/** The product's own classes around the fanout, as they were built, each on a connection of its own. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { connect } from 'amqp-connection-manager';
import { ROOT } from '../lib/files.mjs';

const require = createRequire(import.meta.url);

/** @param {string} path of a built file, without its ending @returns {any} */
export const built = (path) => require(join(ROOT, `${path}.js`));

const silent = { level: 'silent', isLevelEnabled: () => false };
for (const level of ['debug', 'info', 'warn', 'error']) Object.assign(silent, { [level]: () => {} });

/** What the classes register with, and nobody asks here. */
const health = { register: () => {} };
const drain = { on: () => {} };

export function parts() {
  const { brokerNames } = built('libs/contracts/dist/broker');
  const { KeptChannel } = built('libs/messaging/dist/kept-channel');
  const { declareTopology } = built('libs/messaging/dist/topology');
  const { CONNECTION_MANAGER_OPTIONS } = built('libs/messaging/dist/options');

  /** As `BrokerConnection`, without Nest. @param {string} url @param {string} namespace */
  function connectTo(url, namespace, declares = true) {
    const names = brokerNames(namespace);
    const manager = connect([url], CONNECTION_MANAGER_OPTIONS);
    return {
      names,
      channel: (/** @type {string} */ name, /** @type {Function} */ setup, /** @type {Function} */ onLost) =>
        new KeptChannel(
          manager,
          { name, logger: silent },
          async (/** @type {any} */ channel) => {
            if (declares) await declareTopology(channel, names);
            await setup(channel);
          },
          onLost,
        ),
      onBlocked: () => {},
      close: () => manager.close(),
    };
  }

  return { connectTo, silent, health, drain };
}

/**
 * The worker's publisher.
 *
 * @param {string} url
 * @param {string} namespace
 */
export async function openPublisher(url, namespace, routing = 'fanout') {
  const { connectTo, silent, health, drain } = parts();
  const { Publisher } = built('libs/messaging/dist/publisher');
  const { StreamPublisher } = built('apps/waba/dist/stream/stream.publisher');
  const connection = connectTo(url, namespace);
  const publisher = new Publisher(connection, health, drain);
  const stream = new StreamPublisher(publisher, { names: connection.names }, silent, {
    REALTIME_ROUTING: routing,
  });
  while (!publisher.kept.current) await new Promise((resolve) => setTimeout(resolve, 20));
  return {
    /** @param {any[]} changes @returns {Promise<void>} */
    publish: (changes) => stream.publish(changes),
    async close() {
      clearInterval(publisher.sweeper);
      await connection.close();
    },
  };
}
