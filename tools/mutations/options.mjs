/** What `npm run test:mutations` was asked to do. */
import { namesOf, readFlags } from '../lib/flags.mjs';

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
  const {
    only,
    list = false,
    help = false,
  } = readFlags(args, { only: { type: 'string' }, list: { type: 'boolean' } }, 'npm run test:mutations --');
  return {
    only: only === undefined ? undefined : namesOf(only, known, 'mutation', 'see --list'),
    list,
    help,
  };
}
