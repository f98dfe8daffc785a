/**
 * A child process of the benchmark: many pods in one, each with its own connection, the product's consumer and feeds,
 * and some of the viewers. It asks its parent for the history, and tells how far the slowest pod is.
 */
import { built, parts } from './fanout-parts.mjs';
import { uuid, who } from './sockets-clients.mjs';

const TELL_MS = 10;

/**
 * @typedef {object} Order
 * @property {string} url
 * @property {string} namespace
 * @property {string} routing
 * @property {string} tenantId
 * @property {number} pods
 * @property {{ role: string, n: number, teams: number[], every: number, at: number }[]} viewers who sees every how
 *   manieth position
 */

/** The parent may be gone in the middle of it. @param {object} message */
const send = (message) => void process.send?.(message, undefined, undefined, () => {});

/** @type {Map<number, (answer: any) => void>} */
const asked = new Map();
let questions = 0;
const ask = (/** @type {string} */ what, /** @type {object} */ question) =>
  new Promise((resolve) => {
    asked.set(++questions, resolve);
    send({ ask: questions, what, question });
  });
const stream = {
  heads: async (/** @type {string[]} */ tenantIds) => (await ask('heads', { tenantIds })).heads,
  read: (/** @type {object} */ question) => ask('read', question),
};

/** @param {Order} order */
async function open({ url, namespace, routing, tenantId, pods: count, viewers }) {
  const { connectTo, silent, health, drain } = parts();
  const { FeedRegistry } = built('apps/ws/dist/realtime/feed-registry');
  const { RealtimeConsumer } = built('apps/ws/dist/realtime/realtime.consumer');
  const { systemClock: clock } = built('apps/ws/dist/realtime/clock');
  const { scopeOf } = built('libs/contracts/dist/access');
  const state = { wrong: 0, seen: 0 };
  const all = [];
  for (let n = 0; n < count; n++) {
    const feeds = new FeedRegistry({ stream, clock, logger: silent, checkMs: 2_000, maxMissed: 1_000_000 });
    const connection = connectTo(url, namespace, n === 0);
    const broker = { connection, names: connection.names, routing };
    const consumer = new RealtimeConsumer(broker, feeds, { health, drain }, silent);
    all.push({ feeds, consumer, feed: feeds.acquire(tenantId) });
    if (n === 0) await until(() => consumer.subscription.consuming);
  }
  await until(() => all.every(({ consumer }) => consumer.subscription.consuming));
  await Promise.all(all.map(({ feed }) => feed.started));
  const bound = viewers.map(({ role, n, teams, every, at }, i) => {
    const principal = { ...who(role, tenantId, n, teams), expiresAt: 0 };
    const { feed } = all[i % count];
    let last = 0;
    feed.listeners.add({
      principal,
      scope: scopeOf(principal, 'conversation.read'),
      deliver({ event: { position } }) {
        if (position % every !== at || position !== (last ? last + every : at || every)) state.wrong++;
        last = position;
        state.seen++;
      },
      restart: () => void state.wrong++,
    });
    return principal;
  });
  // What was asked of the broker last is done when this one is.
  await Promise.all(
    all.map(({ consumer }) => consumer.subscription.bind(`${namespace}.interest`, uuid('ff', 1))),
  );
  setInterval(() => {
    const slowest = all.reduce((least, { feed }) => Math.min(least, feed.position), Infinity);
    send({ at: slowest, ...state });
  }, TELL_MS);
  send({ ready: bound.length });
}

/** @param {() => boolean} is */
async function until(is) {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 20));
}

process.on('message', (/** @type {any} */ message) => {
  if (message.open) void open(message.open);
  else {
    asked.get(message.answer)?.(message.value);
    asked.delete(message.answer);
  }
});
process.on('disconnect', () => process.exit(0));
