/** Clients that read too slowly, that are cut off without a word, or that all come back at once. */
import { Screen } from '../../bench/screen.mjs';
import { rssMiB } from '../../bench/usage.mjs';
import { Problem } from '../../lib/say.mjs';
import { Proxy } from '../proxy.mjs';

/** @typedef {import('../world.mjs').World} World */
/** @typedef {{ port: number } | undefined} Pod */

/** As the product has it: ping after 25 s, and 10 s for the pong. */
const HALF_OPEN_MS = 45_000;
const HERD = 80;
const FLAT_MIB = 64;
/** Of nearly 5 KB each: these fill the kernel's buffers, and then the pod's limit of 1 MB. */
const FLOOD = 4_000;
const PADDING = 'x'.repeat(3_500);
const BUNDLE = 50;

/** @type {import('../world.mjs').Fault[]} */
export const SOCKET_FAULTS = [
  {
    name: 'sockets:slow',
    title: 'the clients of one pod stop reading, until it closes them for what piles up',
    times: 2,
    short: 0,
    recoveryMs: 10_000,
    block: 1,
    async run(world) {
      const [slow] = await throughNetworks(world);
      const pod = world.stack.ours().find(({ name }) => name === 'ws-1');
      const closedBefore = await closes(pod, 1013);
      const memoryBefore = rssMiB(world.stack.info.services)['ws-1'];
      slow.blackhole();
      let peak = memoryBefore;
      await floodUntil(world, async () => {
        peak = Math.max(peak, rssMiB(world.stack.info.services)['ws-1']);
        return (await closes(pod, 1013)) > closedBefore;
      });
      world.note(`sockets:slow: ws-1 grew from ${memoryBefore} to ${peak} MiB at the most`);
      if (peak - memoryBefore > FLAT_MIB) throw new Problem(`ws-1 grew by ${peak - memoryBefore} MiB`);
      slow.pass();
      return world.recovered(performance.now());
    },
    end: directly,
  },
  {
    name: 'sockets:half-open',
    title: 'the sockets of one pod are swallowed: neither end is told',
    times: 2,
    short: 0,
    recoveryMs: HALF_OPEN_MS,
    block: 1,
    async run(world) {
      const [network] = await throughNetworks(world);
      const pod = world.stack.ours().find(({ name }) => name === 'ws-1');
      const unanswered = await closes(pod, 4408);
      network.forget();
      const began = performance.now();
      // Some of the swallowed may have been on their way out and end for another reason: none of them may be left.
      const podNoticed = world.until(
        async () => (await closes(pod, 4408)) > unanswered && (await open(pod)) <= network.connections,
        'the pod noticing its half-open sockets',
        HALF_OPEN_MS,
      );
      const [took] = await Promise.all([world.recovered(began), podNoticed]);
      return took;
    },
    end: directly,
  },
  {
    name: 'sockets:herd',
    title: `${HERD} more sockets, and all of them are lost at the same moment`,
    times: 10,
    short: 0,
    recoveryMs: 5_000,
    async run(world) {
      const herd = herdOf(world);
      await Promise.all(herd.map((screen) => screen.untilLive()));
      const all = [...herd, ...world.screens];
      for (const screen of all) screen.drop();
      const began = performance.now();
      await world.until(() => all.every((screen) => screen.live), 'all sockets again');
      return world.recovered(began);
    },
    async end(world) {
      for (const screen of herds.get(world) ?? []) screen.close();
    },
  },
];

/** @type {WeakMap<World, Proxy[]>} */
const networks = new WeakMap();
/** @type {WeakMap<World, Screen[]>} */
const herds = new WeakMap();

/** From now on the screens reach each pod through a network of its own. @param {World} world */
async function throughNetworks(world) {
  let those = networks.get(world);
  if (!those) {
    those = await Promise.all(world.stack.info.ws.map((url) => Proxy.to(url)));
    networks.set(world, those);
  }
  // Forgotten sockets stay with the network that swallowed them.
  world.wsUrls.splice(0, world.wsUrls.length, ...those.map(({ url }) => url));
  for (const screen of world.screens) screen.drop();
  await world
    .until(() => world.screens.every(({ live }) => !live), 'all sockets lost', 5_000)
    .catch(() => {});
  await world.until(() => world.screens.every(({ live }) => live), 'all sockets through the networks');
  return those;
}

/** @param {World} world */
async function directly(world) {
  const those = networks.get(world) ?? [];
  networks.delete(world);
  world.wsUrls.splice(0, world.wsUrls.length, ...world.stack.info.ws);
  await Promise.all(those.map((network) => network.close()));
}

/**
 * Customers write and write. Not on and on: who misses more than 5,000 events is told to load everything again.
 *
 * @param {World} world
 * @param {() => Promise<boolean>} enough
 */
async function floodUntil(world, enough) {
  const { inbound, ledger } = world;
  const limit = ledger.count + FLOOD;
  inbound.padding = PADDING;
  while (!(await enough())) {
    if (ledger.count > limit) throw new Problem(`nobody was closed though ${FLOOD} messages came`);
    await Promise.all(Array.from({ length: 4 }, () => inbound.write(inbound.next(BUNDLE))));
    // What is slow to be stored must not pile up: it would come after all this is over.
    const stored = async () => {
      const [[{ count }]] = await world.query(
        `SELECT count(*)::int FROM waba.message WHERE direction = 'in'`,
      );
      return count >= ledger.acceptedCount - BUNDLE;
    };
    await world.until(stored, 'the flood in the database');
  }
  inbound.padding = '';
}

/** How many sockets a pod closed with this code. @param {Pod} pod @param {number} code */
const closes = (pod, code) => metric(pod, `ws_disconnects_total\\{code="${code}"[^}]*\\}`);

/** @param {Pod} pod */
const open = (pod) => metric(pod, 'ws_connections(?:\\{[^}]*\\})?');

/** @param {Pod} pod @param {string} series @returns {Promise<number>} 0 where the pod says nothing of it */
async function metric(pod, series) {
  const response = await fetch(`http://127.0.0.1:${pod?.port}/metrics`, {
    signal: AbortSignal.timeout(5_000),
  });
  const found = new RegExp(`^${series} (\\d+)`, 'm').exec(await response.text());
  return Number(found?.[1] ?? 0);
}

/** Sockets that nobody looks at. @param {World} world */
function herdOf(world) {
  let herd = herds.get(world);
  if (!herd) {
    const account = /** @type {any} */ ({ change() {}, message() {}, reset() {} });
    const { agents, wsUrls: urls } = world;
    herd = Array.from(
      { length: HERD },
      (_, i) =>
        new Screen({ agent: agents[i % agents.length], urls, first: i, account, numberOf: () => undefined }),
    );
    herds.set(world, herd);
  }
  return herd;
}
