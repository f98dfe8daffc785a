/** A mutation: one place of the product, changed so that one promise is broken. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../lib/say.mjs';

/**
 * @typedef {object} Test
 * @property {string} file a *.spec.ts or *.it.ts: these run from the sources, so nothing has to be built
 * @property {string} name the test's name, or a part of it that no parameter stands in
 *
 * @typedef {object} Mutation
 * @property {string} name
 * @property {string} promise what is not true any more
 * @property {string} file
 * @property {string} find stands exactly once in the file
 * @property {string} replace
 * @property {Test[]} tests each of them has to fail
 */

/**
 * The file's text with the mutation in it.
 *
 * @param {string} text
 * @param {Pick<Mutation, 'name' | 'file' | 'find' | 'replace'>} mutation
 */
export function mutate(text, { name, file, find, replace }) {
  const parts = text.split(find);
  if (parts.length !== 2)
    throw new Problem(
      `mutation ${name}: its text stands ${parts.length - 1} times in ${file}, not once. The code has changed: renew the mutation`,
    );
  return parts.join(replace);
}

/**
 * Puts the mutation into the copy for as long as `work` takes.
 *
 * @template T
 * @param {string} copy
 * @param {Mutation} mutation
 * @param {() => Promise<T>} work
 */
export async function withMutation(copy, mutation, work) {
  const file = join(copy, mutation.file);
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, mutate(text, mutation));
  try {
    return await work();
  } finally {
    writeFileSync(file, text);
  }
}

/**
 * Which mutations do not fit the code or the tests any more, and why.
 *
 * @param {Mutation[]} mutations
 * @param {string} root
 * @returns {string[]}
 */
export function staleMutations(mutations, root) {
  return mutations.flatMap((mutation) => {
    const { name, file, find, replace, tests } = mutation;
    const wrong = [];
    if (!existsSync(join(root, file))) wrong.push(`mutation ${name}: there is no ${file}`);
    else {
      try {
        mutate(readFileSync(join(root, file), 'utf8'), mutation);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        wrong.push(error.message);
      }
    }
    if (find === replace) wrong.push(`mutation ${name}: it changes nothing`);
    if (tests.length === 0) wrong.push(`mutation ${name}: no test has to fail`);
    for (const test of tests) {
      if (!/\.(spec|it)\.ts$/.test(test.file))
        wrong.push(`mutation ${name}: ${test.file} is no *.spec.ts and no *.it.ts`);
      else if (!existsSync(join(root, test.file))) wrong.push(`mutation ${name}: there is no ${test.file}`);
      // As it is written: with a quote in it, a name may be escaped.
      else if (
        !readFileSync(join(root, test.file), 'utf8')
          .replace(/\\(['"])/g, '$1')
          .includes(test.name)
      )
        wrong.push(`mutation ${name}: no test "${test.name}" in ${test.file}`);
    }
    return wrong;
  });
}
