/** What `npm run test:mutations` was asked to do. */
import { Problem } from '../lib/say.mjs';

export const HELP = `Breaks the product on purpose, in a copy, and looks whether the tests notice: npm run test:mutations -- [flags]

  --only A[,B]  these mutations (--list names them)
  --list        what there is, and which promise each one breaks
  --help        this text

Exit code 1 where a mutation survived.`;

/**
 * @typedef {object} MutationOptions
 * @property {string[]} [only]
 * @property {boolean} list
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @param {string[]} known the mutations there are
 * @returns {MutationOptions}
 */
export function parseMutationOptions(args, known) {
  /** @type {MutationOptions} */
  const options = { list: false, help: false };
  const rest = args.flatMap((arg) => (/^--[^=]+=/.test(arg) ? arg.split(/=(.*)/s, 2) : [arg]));
  while (rest.length > 0) {
    const flag = rest.shift() ?? '';
    if (flag === '--help' || flag === '-h') options.help = true;
    else if (flag === '--list') options.list = true;
    else if (flag === '--only') options.only = names(rest.shift(), known);
    else throw new Problem(`unknown flag ${flag}: see npm run test:mutations -- --help`);
  }
  return options;
}

/** @param {string | undefined} given @param {string[]} known */
function names(given, known) {
  if (!given) throw new Problem('--only needs a value (see --help)');
  const wanted = given.split(',');
  const strange = wanted.find((name) => !known.includes(name));
  if (strange !== undefined) throw new Problem(`there is no mutation "${strange}": see --list`);
  return wanted;
}
