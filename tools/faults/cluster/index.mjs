/** Three RabbitMQ nodes, of which one hangs, dies, or is cut off from the others. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../lib/say.mjs';
import { clusterOf, untilUp, untilWhole } from './nodes.mjs';
import { PODS } from '../pods.mjs';
import { rabbitmqctl } from './rabbitmqctl.mjs';

/** @typedef {import('../world.mjs').World} World */

const RECOVERY_MS = 30_000;
/** No other fault may share a stack with a cluster. */
const FLAGS = [...PODS, '--ws-pods', '2'];
const HUNG_MS = 30_000;

/** @type {import('../world.mjs').Fault[]} */
export const CLUSTER_FAULTS = [
  {
    name: 'cluster:hang',
    title: 'one of three RabbitMQ nodes hangs for 30 s (SIGSTOP), each of them in turn',
    times: 3,
    short: 0,
    recoveryMs: RECOVERY_MS,
    block: 1,
    flags: FLAGS,
    async run(world, round) {
      const node = await nodeOf(world, round);
      const pid = signal(node, 'SIGSTOP');
      const hung = performance.now();
      try {
        // The others go on without it.
        const without = await world.recovered(hung);
        await sleep(Math.max(0, hung + HUNG_MS - performance.now()));
        process.kill(pid, 'SIGCONT');
        const withIt = await world.recovered(performance.now());
        // Back within a tick it takes no notice of its absence, and RabbitMQ 3 keeps it apart until it is started anew.
        process.kill(pid, 'SIGKILL');
        return [without, withIt];
      } finally {
        if (node.pid() === pid) process.kill(pid, 'SIGCONT');
      }
    },
  },
  {
    name: 'cluster:kill',
    title: 'one of three RabbitMQ nodes is killed and stays away for a while, each of them in turn',
    times: 3,
    short: 0,
    recoveryMs: RECOVERY_MS,
    block: 1,
    flags: FLAGS,
    async run(world, round) {
      const node = await nodeOf(world, round);
      node.hold(true);
      try {
        signal(node, 'SIGKILL');
        const without = await world.recovered(performance.now());
        node.hold(false);
        await untilUp(node);
        return [without, await world.recovered(performance.now())];
      } finally {
        node.hold(false);
      }
    },
  },
  {
    name: 'cluster:partition',
    title: 'one of three RabbitMQ nodes is cut off from the others for 20 s and pauses, each in turn',
    times: 3,
    short: 0,
    recoveryMs: RECOVERY_MS,
    block: 1,
    flags: FLAGS,
    async run(world, round) {
      const node = await nodeOf(world, round);
      const others = (await clusterOf(world))
        .filter((other) => other !== node)
        .map(({ name }) => `'${name}'`);
      const each = (/** @type {string} */ what) =>
        rabbitmqctl(world, '-n', node.name, 'eval', `[begin ${what} end || N <- [${others.join(', ')}]].`);
      try {
        // With another cookie they refuse each other.
        await each('erlang:set_cookie(N, apart), erlang:disconnect_node(N)');
        const cut = performance.now();
        const without = await world.recovered(cut);
        await sleep(Math.max(0, cut + 20_000 - performance.now()));
        await each('erlang:set_cookie(N, erlang:get_cookie())');
        const healed = performance.now();
        await untilUp(node);
        return [without, await world.recovered(healed)];
      } finally {
        await each('erlang:set_cookie(N, erlang:get_cookie())').catch(() => undefined);
      }
    },
  },
];

/** @param {World} world @param {number} round */
async function nodeOf(world, round) {
  const nodes = await clusterOf(world);
  // Two that are away would be a majority.
  await untilWhole(world, nodes);
  return nodes[round % nodes.length];
}

/** @param {import('./nodes.mjs').Node} node @param {NodeJS.Signals} name */
function signal(node, name) {
  const pid = node.pid();
  if (!pid) throw new Problem(`${node.name} is not running`);
  process.kill(pid, name);
  return pid;
}
