/** Our own services: which there are, what each is told, and keeping them up. */
import { join } from 'node:path';
import { ROOT } from './files.mjs';
import { portPlan } from './ports.mjs';
import { supervise } from './supervise.mjs';

/**
 * @typedef {object} Service
 * @property {string} name
 * @property {string} app its folder under apps/
 * @property {number} port
 * @property {NodeJS.ProcessEnv} env what it is told, beyond what all are told
 */

/** Stacks name the lines of the sources. Node's own flag reads every map as it loads a module; this reads one when asked. */
export const READABLE_STACKS = ['--require=source-map-support/register'];

/**
 * A roomy nursery: what a batch needs lives as long as the batch, and must not be copied about meanwhile. And room to grow
 * between two collections of the whole heap: V8 leaves next to none to a process that allocates little but buffers, and
 * goes through all of it every second. And none of it is worth collecting while the process starts, when it only grows.
 */
export const NODE_FLAGS = [
  ...READABLE_STACKS,
  '--max-semi-space-size=32',
  '--heap-growing-percent=200',
  '--initial-heap-size=200',
];

/** @param {number} port */
export const http = (port) => `http://127.0.0.1:${port}`;

/**
 * @param {import('./options.mjs').Options} options
 * @param {import('./infrastructure.mjs').Infrastructure} infrastructure
 * @param {import('./secrets.mjs').Secrets} secrets
 * @param {NodeJS.ProcessEnv} mail
 * @returns {Service[]}
 */
export function servicesFor(options, infrastructure, secrets, mail) {
  const database = databaseEnv(infrastructure, secrets);
  const meta = {
    META_APP_SECRETS: secrets.appSecret,
    META_VERIFY_TOKEN: secrets.verifyToken,
    GRAPH_BASE_URL: http(portPlan(options.portBase).simulator),
    GRAPH_VERSION: 'v25.0',
  };
  return listed(options).map(({ name, app, port }) => ({
    name,
    app,
    port,
    env: {
      ...(app === 'user' && { ...database, ...mail }),
      ...(app === 'waba' && { ...database, ...meta, WABA_ROLES: rolesOf(name, options) }),
    },
  }));
}

/**
 * @param {import('./options.mjs').Options} options
 * @returns {Omit<Service, 'env'>[]}
 */
export function listed({ portBase, backPods, wsPods, wabaPods }) {
  const ports = portPlan(portBase);
  const pods = (/** @type {number} */ count) => Array.from({ length: count }, (_, index) => index + 1);
  return [
    ...pods(backPods).map((pod) => ({ name: named('back', pod), app: 'back', port: ports.back(pod) })),
    { name: 'user', app: 'user', port: ports.user },
    ...pods(wabaPods).map((pod) => ({ name: named('waba', pod), app: 'waba', port: ports.waba(pod) })),
    { name: 'meta-simulator', app: 'meta-simulator', port: ports.simulator },
    ...pods(wsPods).map((pod) => ({ name: `ws-${pod}`, app: 'ws', port: ports.ws(pod) })),
  ];
}

/** @param {string} app @param {number} pod from 1: the first one has the app's own name */
const named = (app, pod) => (pod === 1 ? app : `${app}-${pod}`);

/** @param {string} name @param {import('./options.mjs').Options} options */
function rolesOf(name, { splitRoles }) {
  if (!splitRoles) return 'ingress,worker,scheduler';
  return name === 'waba' ? 'ingress' : 'worker,scheduler';
}

/**
 * What the migrations and the seeds need, too.
 *
 * @param {import('./infrastructure.mjs').Infrastructure} infrastructure
 * @param {import('./secrets.mjs').Secrets} secrets
 */
export function databaseEnv(infrastructure, secrets) {
  return { DATABASE_URL: infrastructure.databaseUrl, SECRETS_KEY: secrets.secretsKey };
}

/**
 * Starts all of them side by side; resolves when each is ready.
 *
 * @param {object} options
 * @param {import('./processes.mjs').Processes} options.processes
 * @param {Service[]} options.services
 * @param {string} options.rabbitmqUrl
 * @param {string} options.userUrl
 * @param {(it: import('./supervise.mjs').Supervised) => unknown} options.onChange
 * @param {Record<string, () => unknown>} options.onReady by service: the first time and after each restart
 */
export async function startServices({ processes, services, rabbitmqUrl, userUrl, onChange, onReady }) {
  const works = services.map(({ name, app, port, env }) =>
    supervise({
      name,
      port,
      processes,
      attempts: 3,
      onChange,
      onReady: onReady[name],
      start: () =>
        processes.spawn({
          name,
          command: process.execPath,
          args: [...NODE_FLAGS, join('apps', app, 'dist/main.js')],
          cwd: ROOT,
          tier: 'service',
          log: processes.logOf(name),
          env: {
            BROKER_NAMESPACE: 'scrm',
            ...process.env,
            NODE_ENV: 'development',
            HOST: '127.0.0.1',
            PORT: String(port),
            RABBITMQ_URL: rabbitmqUrl,
            JWKS_URL: `${userUrl}/.well-known/jwks.json`,
            ...env,
          },
        }),
      isReady: () => isReady(port),
    }),
  );
  return Promise.all(works);
}

/** @param {number} port */
export async function isReady(port) {
  try {
    const response = await fetch(`${http(port)}/health/ready`, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
