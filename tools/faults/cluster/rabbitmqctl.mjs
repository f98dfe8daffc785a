/** RabbitMQ's own tools, against the private nodes of a world. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { portPlan } from '../../lib/ports.mjs';

/** Debian's programs on the PATH change to a user of their own. */
const FOLDER = '/usr/lib/rabbitmq/bin';
const TIMEOUT_MS = 60_000;

/** @param {import('../world.mjs').World} world @param {...string} args */
export const rabbitmqctl = (world, ...args) => run(world, 'rabbitmqctl', args);

/** @param {import('../world.mjs').World} world @param {...string} args */
export const rabbitmqQueues = (world, ...args) => run(world, 'rabbitmq-queues', args);

/** @param {import('../world.mjs').World} world @param {string} program @param {string[]} args */
async function run({ home, base }, program, args) {
  const folder = join(home, 'rabbitmq');
  const file = join(FOLDER, program);
  const { stdout } = await promisify(execFile)(existsSync(file) ? file : program, args, {
    timeout: TIMEOUT_MS,
    env: {
      PATH: process.env.PATH,
      LANG: 'C.UTF-8',
      HOME: folder,
      ERL_EPMD_PORT: String(portPlan(/** @type {number} */ (base)).rabbitmq.epmd),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      ERL_FLAGS: '-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}',
      RABBITMQ_NODENAME: 'scrm@localhost',
      RABBITMQ_CONF_ENV_FILE: join(folder, 'env.conf'),
    },
  });
  return stdout;
}
