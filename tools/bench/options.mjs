/** What `npm run bench` was asked to do. */
import { Problem } from '../lib/say.mjs';

export const HELP = `Measures the whole stack, on one of its own: npm run bench -- [flags]

  --scenario A[,B]  idle, steady, sustained, outbound, sockets, fanout, kill
                                                                (default all, in this order)
  --seconds N       the measured time of all but idle and kill
  --kills N         how often each service is killed            (default 20)
  --rate N          messages a second of steady and kill        (default 84 and 100)
  --in-flight N     customers who wait for an answer in sustained (default 400)
  --sockets N       agents' screens                             (default 20)
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
 * @property {number} sockets
 * @property {boolean} build
 * @property {boolean} keep
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @param {string[]} known the scenarios there are
 * @returns {BenchOptions}
 */
export function parseBenchOptions(args, known) {
  /** @type {BenchOptions} */
  const options = {
    scenarios: known,
    kills: 20,
    inFlight: 400,
    sockets: 20,
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
    else if (flag === '--keep') options.keep = true;
    else if (flag === '--scenario') options.scenarios = scenarios(value(flag), known);
    else if (flag === '--seconds') options.seconds = whole(flag, value(flag), 1, 3_600);
    else if (flag === '--kills') options.kills = whole(flag, value(flag), 1, 1_000);
    else if (flag === '--rate') options.rate = whole(flag, value(flag), 1, 20_000);
    else if (flag === '--in-flight') options.inFlight = whole(flag, value(flag), 1, 5_000);
    else if (flag === '--sockets') options.sockets = whole(flag, value(flag), 1, 100);
    else throw new Problem(`unknown flag ${flag}: see npm run bench -- --help`);
  }
  return options;
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
