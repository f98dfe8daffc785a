/** The pods that hold the agents' sockets come and go under load: one, six, two, and one again. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isReady } from '../../bench/stack.mjs';
import { ROOT } from '../../lib/files.mjs';
import { portPlan } from '../../lib/ports.mjs';
import { NODE_FLAGS } from '../../lib/services.mjs';
import { PODS } from '../pods.mjs';

const MOST = 6;
const FEW = 2;

/** @typedef {import('../world.mjs').World} World */
/** @typedef {{ port: number, url: string, child: import('../../lib/processes.mjs').Child }} Pod */

/** @type {Pod[]} those beside the stack's own */
let pods = [];

/** @type {import('../world.mjs').Fault} */
export const scaleWs = {
  name: 'scale-ws',
  title: `ws pods under load: 1, ${MOST}, ${FEW}, 1`,
  times: 5,
  short: 0,
  recoveryMs: 5_000,
  block: 1,
  flags: [...PODS, '--ws-pods', '1'],
  async run(world) {
    await Promise.all(Array.from({ length: MOST - 1 }, (_, i) => add(world, i + 2)));
    // Clients come to new pods as their connections end.
    for (const screen of world.screens) {
      screen.drop();
      await sleep(50);
    }
    await world.recovered(performance.now());
    const fewer = await remove(world, MOST - FEW);
    const one = await remove(world, FEW - 1);
    return [fewer, one];
  },
  async end(world) {
    await remove(world, pods.length);
  },
};

/** @param {World} world @param {number} number of the pod, from 2 */
async function add(world, number) {
  const port = portPlan(world.base).ws(number);
  const { RABBITMQ_URL, DRAIN_SPREAD_MS, LOG_LEVEL, CRASH_DIR } = world.env;
  const child = world.servers.processes.spawn({
    name: `ws-${number}`,
    command: process.execPath,
    args: [...NODE_FLAGS, join('apps', 'ws', 'dist/main.js')],
    cwd: ROOT,
    tier: 'service',
    log: world.servers.processes.logOf(`ws-${number}`),
    env: {
      ...process.env,
      ...{ RABBITMQ_URL, DRAIN_SPREAD_MS, LOG_LEVEL, CRASH_DIR },
      BROKER_NAMESPACE: 'scrm',
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: String(port),
      JWKS_URL: `${world.stack.info.user}/.well-known/jwks.json`,
    },
  });
  await world.until(() => child.exit || isReady(port), `ws-${number} ready`);
  const pod = { port, url: `ws://127.0.0.1:${port}/ws`, child };
  pods.push(pod);
  world.wsUrls.push(pod.url);
}

/**
 * The last ones are told to stop, all at once; nobody is sent to them any more.
 *
 * @param {World} world
 * @param {number} count
 */
async function remove(world, count) {
  const going = pods.slice(pods.length - count);
  pods = pods.slice(0, pods.length - count);
  for (const { url } of going) world.wsUrls.splice(world.wsUrls.indexOf(url), 1);
  await Promise.all(going.map(({ child }) => world.servers.processes.stop(child)));
  return world.recovered(performance.now());
}
