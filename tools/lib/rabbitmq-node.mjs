/**
 * RabbitMQ as a private node: its own folder, ports, cookie and port mapper (epmd), all of it on the loopback
 * interface. Left to itself Erlang would listen on every interface, and leave an epmd running for good.
 */
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { delimiter, join } from 'node:path';
import { speaksAmqp } from './ports.mjs';
import { Problem } from './say.mjs';
import { supervise } from './supervise.mjs';

/** Debian's program on the PATH changes to a user of its own; the one it calls does as it is told. */
const DEBIAN = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** @returns {string | undefined} */
export function findServer() {
  return isProgram(DEBIAN) ? DEBIAN : onPath('rabbitmq-server');
}

/**
 * @param {string} server
 * @param {import('./rabbitmq.mjs').RabbitOptions} options
 */
export function startNode(server, { processes, ports, onChange }) {
  const folder = join(processes.home, 'rabbitmq');
  const env = prepareNode(folder, { ports });
  const log = processes.logOf('rabbitmq');
  /** @type {import('./processes.mjs').Child | undefined} */
  let epmd;
  return supervise({
    name: 'rabbitmq',
    port: ports.amqp,
    processes,
    onChange,
    start: () => {
      if (!epmd || epmd.exit)
        epmd = processes.spawn({
          name: 'epmd',
          command: findEpmd(),
          args: ['-address', '127.0.0.1', '-port', String(ports.epmd)],
          tier: 'epmd',
          env,
          log,
        });
      return processes.spawn({
        name: 'rabbitmq',
        command: server,
        args: [],
        tier: 'broker',
        env,
        cwd: folder,
        log,
      });
    },
    isReady: () => speaksAmqp(ports.amqp),
  });
}

/**
 * What a node needs on the disk, and what it is told.
 *
 * @param {string} folder
 * @param {object} node
 * @param {import('./rabbitmq.mjs').RabbitOptions['ports']} node.ports
 * @param {string} [node.name]
 * @param {string} [node.cookie] of the cluster that it belongs to; its own unless said
 */
export function prepareNode(
  folder,
  // The data is kept under the name: it must survive a new host name.
  { ports, name = 'scrm@localhost', cookie: shared },
) {
  const path = (/** @type {string} */ name) => join(folder, name);
  mkdirSync(path('conf.d'), { recursive: true });
  mkdirSync(path('data'), { recursive: true });
  const cookie = path('.erlang.cookie');
  if (!existsSync(cookie)) writeFileSync(cookie, shared ?? randomBytes(16).toString('hex'));
  chmodSync(cookie, 0o400);
  writeFileSync(path('env.conf'), '');
  writeFileSync(path('enabled_plugins'), '[].\n');
  writeFileSync(path('rabbitmq.conf'), CONFIG);
  writeFileSync(path('advanced.config'), ADVANCED_CONFIG);
  // A stale one of these makes a node that was killed wait or complain.
  rmSync(path('node.pid'), { force: true });
  return {
    // Nothing else from around us: a RABBITMQ_… or ERL_… meant for another node must not reach this one.
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: folder,
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // For every Erlang it starts, helpers included.
    ERL_FLAGS: '-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}',
    ERL_CRASH_DUMP_BYTES: '0',
    RABBITMQ_NODENAME: name,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(ports.amqp),
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_MNESIA_BASE: path('data'),
    RABBITMQ_LOG_BASE: path('data'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_PID_FILE: path('node.pid'),
    RABBITMQ_CONF_ENV_FILE: path('env.conf'),
    RABBITMQ_CONFIG_FILE: path('rabbitmq.conf'),
    RABBITMQ_CONFIG_FILES: path('conf.d'),
    RABBITMQ_ADVANCED_CONFIG_FILE: path('advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: path('enabled_plugins'),
    RABBITMQ_GENERATED_CONFIG_DIR: path('generated'),
    // Makes the script become the broker instead of staying beside it: one pid, and signals reach it.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
}

const CONFIG = `heartbeat = 30
disk_free_limit.absolute = 200MB
vm_memory_high_watermark.relative = 0.4
log.connection.level = warning
raft.wal_max_size_bytes = 67108864
`;

/**
 * Where the log of the quorum queues is full, what a queue has told it since its last snapshot is written once more, and
 * whoever publishes waits for the disk and the core that this takes. By default that is a snapshot every 8,192 commands:
 * nearly all of the log, though our queues are nearly empty.
 */
const ADVANCED_CONFIG = `[{rabbit, [{quorum_snapshot_interval, 64}]}].
`;

function findEpmd() {
  const found = onPath('epmd');
  if (found) return found;
  for (const erlang of [
    '/usr/lib/erlang',
    '/usr/lib64/erlang',
    '/usr/local/lib/erlang',
    '/opt/homebrew/lib/erlang',
  ]) {
    const versions = existsSync(erlang) ? readdirSync(erlang).filter((name) => name.startsWith('erts-')) : [];
    const file = versions.map((version) => join(erlang, version, 'bin/epmd')).find(isProgram);
    if (file) return file;
  }
  throw new Problem(
    'there is a rabbitmq-server but no epmd (part of Erlang): put it on the PATH, or set RABBITMQ_URL',
  );
}

/** @param {string} name */
function onPath(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isProgram);
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
