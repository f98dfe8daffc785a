import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';

export const PASSWORD_LENGTH = { least: 10, most: 256 };
/** Of zxcvbn's 0 to 4: more than a hundred million guesses. */
const LEAST_SCORE = 3;
/** What comes behind makes no password weaker, and looking at it takes long. */
const LOOKED_AT = 64;

const strength = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

/**
 * What is wrong with a new password; null where it is good. Looks it up among fifty thousand that leaked most often,
 * without asking anybody, and in the words that belong to its owner. No rules about digits and signs: they make
 * passwords that are hard to remember and easy to guess.
 */
export function problemWith(password: string, personal: string[]): string | null {
  const { least, most } = PASSWORD_LENGTH;
  if ([...password].length < least) return `Use at least ${least} characters.`;
  if (password.length > most) return `Use at most ${most} characters.`;
  const words = personal.flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u)).filter(Boolean);
  const { score } = strength.check(password.slice(0, LOOKED_AT), [...personal, ...words]);
  if (score >= LEAST_SCORE) return null;
  return 'This password is easy to guess, or has leaked elsewhere: use a few words that do not belong together.';
}
