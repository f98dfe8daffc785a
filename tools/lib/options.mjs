/** What `npm start` was asked to do: flags before environment variables before defaults. */
import { join, resolve } from 'node:path';
import { ROOT } from './files.mjs';
import { Problem } from './say.mjs';
import { LIMITS } from './ports.mjs';

export const HELP = `Brings up the whole stack on this machine: npm start -- [flags]

  --port-base N   first port; back is here, the others follow   (PORT_BASE, default 3000)
  --home FOLDER   data, logs and stack.json                     (SCRM_HOME, default .local)
  --ws-pods N     pods for agents' sockets                      (default 2)
  --waba-pods N   pods of the WhatsApp core                     (default 1)
  --split-roles   the first waba pod takes webhooks and the others do the work, as in k8s/
  --no-seed       no demo tenant
  --no-build      run what was built before
  --help          this text

  DATABASE_URL    use this Postgres instead of a private one
  RABBITMQ_URL    use this RabbitMQ instead of a private one
  SEED_FILE       another tenant than that of tools/demo.json

Ports from the first on: back +0, user +2, waba +3, meta-simulator +4, further waba pods +5 to +9 and
+50 to +79, ws pods +10 to +39; private Postgres +40, RabbitMQ +41 (its distribution +42, epmd +43).`;

/**
 * @typedef {object} Options
 * @property {string} home
 * @property {number} portBase
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
  const options = {
    home: env.SCRM_HOME || '.local',
    portBase: env.PORT_BASE || '3000',
    wsPods: '2',
    wabaPods: '1',
    splitRoles: false,
    seed: true,
    build: true,
    help: false,
  };
  const withValue = {
    '--port-base': 'portBase',
    '--home': 'home',
    '--ws-pods': 'wsPods',
    '--waba-pods': 'wabaPods',
  };
  const rest = args.flatMap((arg) => (/^--[^=]+=/.test(arg) ? split(arg) : [arg]));
  while (rest.length > 0) {
    const flag = rest.shift() ?? '';
    if (flag === '--split-roles') options.splitRoles = true;
    else if (flag === '--no-seed') options.seed = false;
    else if (flag === '--no-build') options.build = false;
    else if (flag === '--help' || flag === '-h') options.help = true;
    else if (flag in withValue) {
      const value = rest.shift();
      if (!value) throw new Problem(`${flag} needs a value (see --help)`);
      options[withValue[flag]] = value;
    } else throw new Problem(`unknown flag ${flag}: see npm start -- --help`);
  }
  return {
    ...options,
    home: resolve(ROOT, options.home),
    portBase: whole('--port-base (or PORT_BASE)', options.portBase, 1024, 65_535 - LIMITS.span),
    wsPods: whole('--ws-pods', options.wsPods, 1, LIMITS.wsPods),
    wabaPods: Math.max(
      whole('--waba-pods', options.wabaPods, 1, LIMITS.wabaPods),
      options.splitRoles ? 2 : 1,
    ),
  };
}

/** Where tests keep their private stacks. */
export function testHomes(env = process.env) {
  return join(resolve(ROOT, env.SCRM_HOME || '.local'), 'test');
}

/** @param {string} arg `--name=value` */
function split(arg) {
  const at = arg.indexOf('=');
  return [arg.slice(0, at), arg.slice(at + 1)];
}

/** @param {string} name @param {string} text @param {number} least @param {number} most */
function whole(name, text, least, most) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new Problem(`${name} must be a whole number from ${least} to ${most}, not "${text}"`);
  return value;
}
