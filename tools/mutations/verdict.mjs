/** What a run of tests says of a mutation. */

/**
 * @typedef {object} Outcome of a test whose body ran
 * @property {string} file
 * @property {string} name with those of the groups around it
 * @property {'passed' | 'failed'} outcome
 * @property {string} [error] what it failed with
 *
 * @typedef {'killed' | 'SURVIVED' | 'NO VERDICT'} Verdict
 *
 * @typedef {object} Row
 * @property {import('./mutation.mjs').Mutation} mutation
 * @property {Verdict} verdict
 * @property {string} why
 * @property {number} seconds
 */

export class Run {
  /** @param {{ outcomes: Outcome[], ended: boolean, log: string[] }} what `ended`: jest itself came to its end */
  constructor({ outcomes, ended, log }) {
    this.outcomes = outcomes;
    this.ended = ended;
    this.log = log;
  }

  /** @param {import('./mutation.mjs').Test} test */
  of(test) {
    return this.outcomes.filter(({ file, name }) => file === test.file && name.includes(test.name));
  }

  /** Why this is not a run in which all of the tests passed. @param {import('./mutation.mjs').Test[]} tests */
  complaint(tests) {
    if (!this.ended) return `jest did not come to its end:\n${this.log.join('\n')}`;
    for (const test of tests) {
      const outcomes = this.of(test);
      if (outcomes.length === 0) return `"${test.name}" of ${test.file} did not run:\n${this.log.join('\n')}`;
      if (outcomes.some(({ outcome }) => outcome === 'failed'))
        return `"${test.name}" of ${test.file} failed:\n${this.log.join('\n')}`;
    }
    return undefined;
  }
}

/**
 * Killed is a mutation by which each of its tests failed: not their hooks, and not the loading of their file. Why they
 * did is for the reader, who sees that it is for the right reason.
 *
 * @param {Run} run
 * @param {import('./mutation.mjs').Test[]} tests
 * @returns {{ verdict: Verdict, why: string }}
 */
export function judge(run, tests) {
  const passed = [];
  const errors = [];
  for (const test of tests) {
    const outcomes = run.of(test);
    // One that failed has said enough, also where the run was ended afterwards.
    const failed = outcomes.find(({ outcome }) => outcome === 'failed');
    if (failed) {
      errors.push(`${failed.name}: ${failed.error?.replace(/\s+/g, ' ').slice(0, 160)}`);
      continue;
    }
    if (!run.ended || outcomes.length === 0)
      return {
        verdict: 'NO VERDICT',
        why: `"${test.name}" of ${test.file} could not run:\n  ${run.log.join('\n  ')}`,
      };
    passed.push(test);
  }
  if (passed.length === 0) return { verdict: 'killed', why: errors.join('\n  ') };
  return {
    verdict: 'SURVIVED',
    why: passed.map(({ name, file }) => `"${name}" of ${file} passed all the same`).join('\n  '),
  };
}

/** @param {Row[]} rows */
export function table(rows) {
  const cells = rows.map(({ mutation, verdict, seconds }) => [
    mutation.name,
    mutation.promise,
    mutation.tests.map(({ file }) => file.replace(/^.*\//, '')).join(', '),
    seconds.toFixed(1),
    verdict,
  ]);
  const head = ['mutation', 'promise', 'tests', 'seconds', 'verdict'];
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i].length)));
  const line = (/** @type {string[]} */ row) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}
