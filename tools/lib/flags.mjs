/** How the tools read their command lines. */
import { parseArgs } from 'node:util';
import { Problem } from './say.mjs';

/** @typedef {{ type: 'string' | 'boolean', short?: string }} Flag */

/**
 * @param {string[]} args
 * @param {Record<string, Flag>} known by name, without the dashes
 * @param {string} command what to say `--help` to
 * @returns {Record<string, any>} those that were given
 * @throws Problem where a flag is unknown or has no value
 */
export function readFlags(args, known, command) {
  try {
    const options = { ...known, help: /** @type {Flag} */ ({ type: 'boolean', short: 'h' }) };
    return parseArgs({ args, options, strict: true }).values;
  } catch (error) {
    throw new Problem(`${/** @type {Error} */ (error).message} (see ${command} --help)`);
  }
}

/** @param {string} what the number is of @param {string} text @param {number} least @param {number} most */
export function whole(what, text, least, most) {
  return within(what, /^\d+$/.test(text) ? Number(text) : NaN, { text, least, most, kind: 'a whole number' });
}

/** @param {string} what the number is of @param {string} text @param {number} least @param {number} most */
export function numberOf(what, text, least, most) {
  return within(what, text.trim() ? Number(text) : NaN, { text, least, most, kind: 'a number' });
}

/**
 * @param {string} what
 * @param {number} value
 * @param {{ text: string, least: number, most: number, kind: string }} wanted
 */
function within(what, value, { text, least, most, kind }) {
  if (value >= least && value <= most) return value;
  throw new Problem(`${what} must be ${kind} from ${least} to ${most}, not "${text}"`);
}

/**
 * A list of names.
 *
 * @param {string} text
 * @param {string[]} known
 * @param {string} what one of them is
 * @param {string} hint where to find them
 */
export function namesOf(text, known, what, hint) {
  const names = text.split(',');
  const strange = names.find((name) => !known.includes(name));
  if (strange !== undefined) throw new Problem(`there is no ${what} "${strange}": ${hint}`);
  return names;
}
