/**
 * Writes down which tests failed by themselves. Jest's report does not tell them from those that never ran because a
 * hook before them failed: a mutation after which nothing starts would pass for one that was noticed.
 */
const { appendFileSync } = require('node:fs');
const { stripVTControlCharacters } = require('node:util');
const { TestEnvironment } = require('jest-environment-node');

module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.testPath = context.testPath;
  }

  async handleTestEvent(event) {
    if (event.name === 'test_fn_success') this.writeDown('passed', event.test);
    if (event.name === 'test_fn_failure') this.writeDown('failed', event.test, event.error);
  }

  writeDown(outcome, test, error) {
    const names = [];
    for (let at = test; at.parent; at = at.parent) names.unshift(at.name);
    const line = {
      file: this.testPath,
      name: names.join(' '),
      outcome,
      ...(error && { error: textOf(error) }),
    };
    appendFileSync(process.env.MUTATION_OUTCOMES, `${JSON.stringify(line)}\n`);
  }
};

/** Thrown was an error, or anything else; jest may have wrapped it with where it was waited for. */
function textOf(error) {
  const [thrown] = Array.isArray(error) ? error : [error];
  return stripVTControlCharacters(String(thrown?.message ?? thrown));
}
