/** What `npm run bench` was asked to do. */
import { LIMITS } from '../lib/ports.mjs';
import { Problem } from '../lib/say.mjs';

export const HELP = `Measures the whole stack, on one of its own: npm run bench -- [flags]

  --scenario A[,B]  idle, ceiling, open, steady, busy, bulk, sustained, outbound,
                    sockets, fanout, kill (default all, in this order);
                    scale, an empty database and a full one: on request only
  --seconds N       the measured time, of each window where there are several
  --rounds N        how often product and floor take turns      (default 3)
  --kills N         how often each service is killed            (default 20)
  --rate N          messages a second where the load is open    (default by scenario)
  --in-flight N     customers who wait for an answer in ceiling and sustained (default 400)
  --shape NAME      team: 6 agents who share; agent: one agent a message (default by scenario)
  --sockets N       agents' screens                             (default 20 and 200)
  --waba-pods N     of the product                              (default 1)
  --split-roles     webhooks in one waba process, the work in another, as in k8s/ (default in ceiling,
                    open, steady, busy and bulk)
  --scale-messages N  how many messages a full database has     (default 10000000)
  --profile         write CPU profiles of all services and say where their time went
  --no-build        run what was built before
  --keep            leave the logs and the data under .local/ until the next run
  --help            this text

One JSON line a scenario on stdout, progress on stderr. Exit code 1 where a figure was missed.`;

/**
 * @typedef {object} BenchOptions
 * @property {string[]} scenarios
 * @property {number} [seconds]
 * @property {number} kills
 * @property {number} [rate]
 * @property {number} inFlight
 * @property {number} rounds
 * @property {'team' | 'agent'} [shape]
 * @property {number} [sockets]
 * @property {number} wabaPods
 * @property {boolean} splitRoles
 * @property {boolean} profile
 * @property {number} scaleMessages
 * @property {boolean} build
 * @property {boolean} keep
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @param {string[]} known the scenarios there are
 * @param {string[]} [onRequest] those that only run when they are named
 * @returns {BenchOptions}
 */
export function parseBenchOptions(args, known, onRequest = []) {
  /** @type {BenchOptions} */
  const options = {
    scenarios: known.filter((name) => !onRequest.includes(name)),
    scaleMessages: 10_000_000,
    kills: 20,
    inFlight: 400,
    rounds: 3,
    wabaPods: 1,
    splitRoles: false,
    profile: false,
    build: true,
    keep: false,
    help: false,
  };
  const rest = args.flatMap((arg) => (/^--[^=]+=/.test(arg) ? arg.split(/=(.*)/s, 2) : [arg]));
  const value = (/** @type {string} */ flag) => {
    const given = rest.shift();
    if (!given) throw new Problem(`${flag} needs a value (see --help)`);
    return given;
  };
  while (rest.length > 0) {
    const flag = rest.shift() ?? '';
    if (flag === '--help' || flag === '-h') options.help = true;
    else if (flag === '--no-build') options.build = false;
    else if (flag === '--profile') options.profile = true;
    else if (flag === '--keep') options.keep = true;
    else if (flag === '--scenario') options.scenarios = scenarios(value(flag), known);
    else if (flag === '--seconds') options.seconds = whole(flag, value(flag), 1, 3_600);
    else if (flag === '--kills') options.kills = whole(flag, value(flag), 1, 1_000);
    else if (flag === '--rate') options.rate = whole(flag, value(flag), 1, 20_000);
    else if (flag === '--in-flight') options.inFlight = whole(flag, value(flag), 1, 5_000);
    else if (flag === '--rounds') options.rounds = whole(flag, value(flag), 1, 100);
    else if (flag === '--shape') options.shape = shapeOf(value(flag));
    else if (flag === '--sockets') options.sockets = whole(flag, value(flag), 1, 1_000);
    else if (flag === '--split-roles') options.splitRoles = true;
    else if (flag === '--waba-pods') options.wabaPods = whole(flag, value(flag), 1, LIMITS.wabaPods);
    else if (flag === '--scale-messages')
      options.scaleMessages = whole(flag, value(flag), 1_000, 100_000_000);
    else throw new Problem(`unknown flag ${flag}: see npm run bench -- --help`);
  }
  return options;
}

/** @param {string} text */
function shapeOf(text) {
  if (text === 'team' || text === 'agent') return text;
  throw new Problem(`there is no shape "${text}": there are team and agent`);
}

/** @param {string} text @param {string[]} known */
function scenarios(text, known) {
  const names = text.split(',');
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined)
    throw new Problem(`there is no scenario "${wrong}": there are ${known.join(', ')}`);
  return names;
}

/** @param {string} flag @param {string} text @param {number} least @param {number} most */
function whole(flag, text, least, most) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new Problem(`${flag} must be a whole number from ${least} to ${most}, not "${text}"`);
  return value;
}
