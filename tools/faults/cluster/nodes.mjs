/** Two more RabbitMQ nodes beside the one of a world: a cluster as it should be in production. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts, portPlan, speaksAmqp } from '../../lib/ports.mjs';
import { findServer, prepareNode } from '../../lib/rabbitmq-node.mjs';
import { Problem } from '../../lib/say.mjs';
import { supervise } from '../../lib/supervise.mjs';
import { rabbitmqctl, rabbitmqQueues } from './rabbitmqctl.mjs';

/** @typedef {import('../world.mjs').World} World */

/**
 * @typedef {object} Node
 * @property {string} name
 * @property {number} port
 * @property {() => number | undefined} pid
 * @property {(held: boolean) => void} hold as long as it is held, it is not started again
 */

const NAMES = ['scrm@localhost', 'scrm2@localhost', 'scrm3@localhost'];

/** As deploy/rabbitmq/rabbitmq.conf has it, but for a shorter tick. The later ones find the first by themselves. */
const CONFIG = `net_ticktime = 10
cluster_partition_handling = pause_minority
heartbeat = 5
cluster_formation.peer_discovery_backend = classic_config
${NAMES.map((name, i) => `cluster_formation.classic_config.nodes.${i + 1} = ${name}`).join('\n')}
`;

/** @type {WeakMap<World, Promise<Node[]>>} */
const clusters = new WeakMap();

/** The world's cluster, made when it is first asked for. @param {World} world @returns {Promise<Node[]>} */
export function clusterOf(world) {
  let cluster = clusters.get(world);
  if (!cluster) clusters.set(world, (cluster = build(world)));
  return cluster;
}

/** @param {World} world */
async function build(world) {
  const { home, broker, servers } = world;
  const first = join(home, 'rabbitmq');
  await broker.stop();
  writeFileSync(join(first, 'conf.d', '10-cluster.conf'), CONFIG);
  await broker.start();
  const { amqp, epmd } = portPlan(/** @type {number} */ (world.base)).rabbitmq;
  const cookie = readFileSync(join(first, '.erlang.cookie'), 'utf8');
  /** @type {Node[]} */
  const nodes = [{ name: NAMES[0], port: amqp, pid: () => broker.pid, hold: (held) => broker.hold(held) }];
  for (const name of NAMES.slice(1))
    nodes.push(await startNode(servers.processes, { home, name, cookie, epmd }));
  for (const name of NAMES.slice(1)) await rabbitmqQueues(world, 'grow', name, 'all');
  broker.proxy.aim(nodes.map(({ port }) => `amqp://127.0.0.1:${port}`));
  // Everybody spreads over the nodes.
  broker.proxy.reset();
  await world.settled();
  const status = await rabbitmqctl(world, 'cluster_status');
  if (!NAMES.every((name) => status.includes(name)))
    throw new Problem(`the cluster is not complete: ${status}`);
  world.note('three RabbitMQ nodes, quorum queues on all of them');
  return nodes;
}

/**
 * @param {import('../../lib/processes.mjs').Processes} processes
 * @param {{ home: string, name: string, cookie: string, epmd: number }} node
 * @returns {Promise<Node>}
 */
async function startNode(processes, { home, name, cookie, epmd }) {
  const label = `rabbitmq-${name.split('@')[0]}`;
  const folder = join(home, label);
  mkdirSync(join(folder, 'conf.d'), { recursive: true });
  writeFileSync(join(folder, 'conf.d', '10-cluster.conf'), CONFIG);
  const [amqp, distribution] = await freePorts(2);
  const env = prepareNode(folder, { ports: { amqp, distribution, epmd }, name, cookie });
  const server = findServer();
  if (!server) throw new Problem('a cluster needs the program rabbitmq-server on this machine');
  const supervised = await supervise({
    name: label,
    port: amqp,
    processes,
    start: () =>
      processes.spawn({
        name: label,
        command: server,
        args: [],
        tier: 'broker',
        env,
        cwd: folder,
        log: processes.logOf(label),
      }),
    isReady: () => speaksAmqp(amqp),
  });
  return {
    name,
    port: amqp,
    pid: () => supervised.pid,
    hold: (held) => {
      supervised.held = held;
    },
  };
}

/** Waits until the node answers. @param {Node} node */
export async function untilUp(node, timeoutMs = 90_000) {
  const deadline = performance.now() + timeoutMs;
  while (!node.pid() || !(await speaksAmqp(node.port))) {
    if (performance.now() > deadline)
      throw new Problem(`${node.name} was not up after ${timeoutMs / 1000} s`);
    await sleep(50);
  }
}

/** Waits until every node sees all of them. @param {World} world @param {Node[]} nodes */
export async function untilWhole(world, nodes, timeoutMs = 90_000) {
  const deadline = performance.now() + timeoutMs;
  for (const node of nodes) {
    await untilUp(node);
    for (;;) {
      const seen = await rabbitmqctl(world, '-n', node.name, 'eval', 'rabbit_nodes:all_running().').catch(
        String,
      );
      if (NAMES.every((name) => seen.includes(name))) break;
      if (performance.now() > deadline)
        throw new Problem(`${node.name} did not see all nodes after ${timeoutMs / 1000} s: ${seen}`);
      await sleep(500);
    }
  }
}
