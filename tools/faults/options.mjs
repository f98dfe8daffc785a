/** What `npm run test:faults` was asked to do. */
import { numberOf, readFlags, whole } from '../lib/flags.mjs';
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

/** @type {Record<string, import('../lib/flags.mjs').Flag>} */
const FLAGS = {
  only: { type: 'string' },
  times: { type: 'string' },
  soak: { type: 'string' },
  load: { type: 'string' },
  seed: { type: 'string' },
  report: { type: 'string' },
  short: { type: 'boolean' },
  'no-build': { type: 'boolean' },
  keep: { type: 'boolean' },
  list: { type: 'boolean' },
};

/**
 * @param {string[]} args
 * @param {string[]} known the faults there are
 * @returns {FaultOptions}
 */
export function parseFaultOptions(args, known) {
  const given = readFlags(args, FLAGS, 'npm run test:faults --');
  const { only, times, soak, load, seed, report, short = false } = given;
  return {
    only: only === undefined ? undefined : faults(only, known),
    times: times === undefined ? undefined : whole('--times', times, 1, 10_000),
    soak: soak === undefined ? undefined : numberOf('--soak', soak, 1, 1_440),
    load: load === undefined ? (short ? 0.4 : 1) : numberOf('--load', load, 0.01, 10),
    seed: seed === undefined ? Math.floor(Math.random() * 1_000_000) : whole('--seed', seed, 0, 2 ** 32 - 1),
    report,
    short,
    build: !given['no-build'],
    keep: given.keep ?? false,
    list: given.list ?? false,
    help: given.help ?? false,
  };
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
