/** What `npm run bench` was asked to do. */
import { namesOf, readFlags, whole } from '../lib/flags.mjs';
import { LIMITS } from '../lib/ports.mjs';
import { Problem } from '../lib/say.mjs';

export const HELP = `Measures the whole stack, on one of its own: npm run bench -- [flags]

  --scenario A[,B]  idle, ceiling, open, steady, busy, bulk, sustained, outbound,
                    sockets, fanout, kill, access (default all, in this order);
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

/** @type {Record<string, import('../lib/flags.mjs').Flag>} */
const FLAGS = {
  scenario: { type: 'string' },
  seconds: { type: 'string' },
  rounds: { type: 'string' },
  kills: { type: 'string' },
  rate: { type: 'string' },
  'in-flight': { type: 'string' },
  shape: { type: 'string' },
  sockets: { type: 'string' },
  'waba-pods': { type: 'string' },
  'scale-messages': { type: 'string' },
  'split-roles': { type: 'boolean' },
  profile: { type: 'boolean' },
  'no-build': { type: 'boolean' },
  keep: { type: 'boolean' },
};

/**
 * @param {string[]} args
 * @param {string[]} known the scenarios there are
 * @param {string[]} [onRequest] those that only run when they are named
 * @returns {BenchOptions}
 */
export function parseBenchOptions(args, known, onRequest = []) {
  const given = readFlags(args, FLAGS, 'npm run bench --');
  /** @type {(flag: string, least: number, most: number) => number | undefined} */
  const number = (flag, least, most) =>
    given[flag] === undefined ? undefined : whole(`--${flag}`, given[flag], least, most);
  return {
    scenarios:
      given.scenario === undefined
        ? known.filter((name) => !onRequest.includes(name))
        : namesOf(given.scenario, known, 'scenario', `there are ${known.join(', ')}`),
    seconds: number('seconds', 1, 3_600),
    rounds: number('rounds', 1, 100) ?? 3,
    kills: number('kills', 1, 1_000) ?? 20,
    rate: number('rate', 1, 20_000),
    inFlight: number('in-flight', 1, 5_000) ?? 400,
    shape: shapeOf(given.shape),
    sockets: number('sockets', 1, 1_000),
    wabaPods: number('waba-pods', 1, LIMITS.wabaPods) ?? 1,
    scaleMessages: number('scale-messages', 1_000, 100_000_000) ?? 10_000_000,
    splitRoles: given['split-roles'] ?? false,
    profile: given.profile ?? false,
    build: !given['no-build'],
    keep: given.keep ?? false,
    help: given.help ?? false,
  };
}

/** @param {string | undefined} text */
function shapeOf(text) {
  if (text === undefined || text === 'team' || text === 'agent') return text;
  throw new Problem(`there is no shape "${text}": there are team and agent`);
}
