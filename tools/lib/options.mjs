/** What `npm start` was asked to do: flags before environment variables before defaults. */
import { join, resolve } from 'node:path';
import { ROOT } from './files.mjs';
import { readFlags, whole } from './flags.mjs';
import { LIMITS } from './ports.mjs';

export const HELP = `Brings up the whole stack on this machine: npm start -- [flags]

  --port-base N   first port; back is here, the others follow   (PORT_BASE, default 3000)
  --home FOLDER   data, logs and stack.json                     (SCRM_HOME, default .local)
  --back-pods N   pods of the gateway                           (default 1)
  --ws-pods N     pods for agents' sockets                      (default 2)
  --waba-pods N   pods of the WhatsApp core                     (default 1)
  --split-roles   the first waba pod takes webhooks and the others do the work, as in k8s/
  --no-seed       no demo tenant
  --no-build      run what was built before
  --help          this text

  DATABASE_URL    use this Postgres instead of a private one
  RABBITMQ_URL    use this RabbitMQ instead of a private one
  SMTP_URL        send mail by this server instead of catching it; with MAIL_FROM and CONSOLE_URL
  SEED_FILE       another tenant than that of tools/demo.json

Ports from the first on: back +0, mail's page +1, user +2, waba +3, meta-simulator +4, further waba pods +5 to +9 and
+50 to +79, ws pods +10 to +39; private Postgres +40, RabbitMQ +41 (its distribution +42, epmd +43), SMTP +44; further
back pods +45 to +49.`;

/** @type {Record<string, import('./flags.mjs').Flag>} */
const FLAGS = {
  'port-base': { type: 'string' },
  home: { type: 'string' },
  'back-pods': { type: 'string' },
  'ws-pods': { type: 'string' },
  'waba-pods': { type: 'string' },
  'split-roles': { type: 'boolean' },
  'no-seed': { type: 'boolean' },
  'no-build': { type: 'boolean' },
};

/**
 * @typedef {object} Options
 * @property {string} home
 * @property {number} portBase
 * @property {number} backPods
 * @property {number} wsPods
 * @property {number} wabaPods
 * @property {boolean} splitRoles
 * @property {boolean} seed
 * @property {boolean} build
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Options}
 */
export function parseOptions(args, env) {
  const given = readFlags(args, FLAGS, 'npm start --');
  const splitRoles = given['split-roles'] ?? false;
  const portBase = given['port-base'] ?? (env.PORT_BASE || '3000');
  const wabaPods = whole('--waba-pods', given['waba-pods'] ?? '1', 1, LIMITS.wabaPods);
  return {
    home: resolve(ROOT, given.home ?? (env.SCRM_HOME || '.local')),
    portBase: whole('--port-base (or PORT_BASE)', portBase, 1024, 65_535 - LIMITS.span),
    backPods: whole('--back-pods', given['back-pods'] ?? '1', 1, LIMITS.backPods),
    wsPods: whole('--ws-pods', given['ws-pods'] ?? '2', 1, LIMITS.wsPods),
    wabaPods: Math.max(wabaPods, splitRoles ? 2 : 1),
    splitRoles,
    seed: !given['no-seed'],
    build: !given['no-build'],
    help: given.help ?? false,
  };
}

/** Where tests keep their private stacks. */
export function testHomes(env = process.env) {
  return join(resolve(ROOT, env.SCRM_HOME || '.local'), 'test');
}
