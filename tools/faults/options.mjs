/** What `npm run test:faults` was asked to do. */
import { Problem } from '../lib/say.mjs';

export const HELP = `Breaks things under load and looks whether every promise is kept: npm run test:faults -- [flags]

  --only A[,B]      these faults (--list names them)
  --times N         each of them so often, instead of what it says itself
  --short           the selection that is part of npm test
  --soak MINUTES    instead: 200 messages/s with random faults, and the memory of every process
  --load F          so much of the load, for a slow or busy machine (default 1; 0.4 with --short)
  --seed N          the same random choices again
  --report FILE     writes the table into this file, between its markers
  --no-build        run what was built before
  --keep            leave the logs and the data under .local/ until the next run
  --list            what there is
  --help            this text

The table and one JSON line a fault on stdout, progress on stderr. Exit code 1 where a promise was broken.`;

/**
 * @typedef {object} FaultOptions
 * @property {string[]} [only]
 * @property {number} [times]
 * @property {boolean} short
 * @property {number} [soak] minutes
 * @property {number} load
 * @property {number} seed
 * @property {string} [report]
 * @property {boolean} build
 * @property {boolean} keep
 * @property {boolean} list
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @param {string[]} known the faults there are
 * @returns {FaultOptions}
 */
export function parseFaultOptions(args, known) {
  /** @type {FaultOptions} */
  const options = {
    short: false,
    load: args.includes('--short') ? 0.4 : 1,
    seed: Math.floor(Math.random() * 1_000_000),
    build: true,
    keep: false,
    list: false,
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
    else if (flag === '--list') options.list = true;
    else if (flag === '--short') options.short = true;
    else if (flag === '--no-build') options.build = false;
    else if (flag === '--keep') options.keep = true;
    else if (flag === '--only') options.only = faults(value(flag), known);
    else if (flag === '--times') options.times = number(flag, value(flag), 1, 10_000);
    else if (flag === '--seed') options.seed = number(flag, value(flag), 0, 2 ** 32 - 1);
    else if (flag === '--load') options.load = number(flag, value(flag), 0.01, 10);
    else if (flag === '--report') options.report = value(flag);
    else if (flag === '--soak')
      options.soak = rest[0] && !rest[0].startsWith('--') ? number(flag, value(flag), 1, 1_440) : 30;
    else throw new Problem(`unknown flag ${flag}: see npm run test:faults -- --help`);
  }
  return options;
}

/** A name, or the beginning of several: `crash` is every crash point. @param {string} text @param {string[]} known */
function faults(text, known) {
  return text.split(',').flatMap((wanted) => {
    const found = known.filter(
      (name) => name === wanted || name.startsWith(`${wanted}:`) || name.startsWith(`${wanted}.`),
    );
    if (found.length === 0) throw new Problem(`there is no fault "${wanted}": see --list`);
    return found;
  });
}

const FRACTIONS = new Set(['--soak', '--load']);

/** @param {string} flag @param {string} text @param {number} least @param {number} most */
function number(flag, text, least, most) {
  const value = Number(text);
  if (!(text.trim() && value >= least && value <= most) || (!FRACTIONS.has(flag) && !Number.isInteger(value)))
    throw new Problem(`${flag} must be a number from ${least} to ${most}, not "${text}"`);
  return value;
}
