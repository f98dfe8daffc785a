/**
 * npm test [-- jest's arguments]: every test, against a Postgres and a RabbitMQ of its own. Its last line is
 * always `N passed, N failed, N skipped`.
 */
import './lib/node-version.mjs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildAll } from './lib/build.mjs';
import { readJson, ROOT } from './lib/files.mjs';
import { disposableInfrastructure, liveOnce } from './lib/infrastructure.mjs';
import { report } from './lib/life.mjs';
import { testHomes } from './lib/options.mjs';
import { installPackages } from './lib/packages.mjs';
import { Interrupted, Problem, say, step } from './lib/say.mjs';

const NO_CHECK = '--no-check';
const jestArgs = process.argv.slice(2).filter((arg) => arg !== NO_CHECK);
const withCheck = jestArgs.length === 0 && !process.argv.includes(NO_CHECK);

const totals = { passed: 0, failed: 0, skipped: 0 };
let finished = false;

// At the very end, whatever happened: after everything was stopped, and also when nothing came of it.
process.on('exit', (code) => {
  if (!finished) totals.failed++;
  say(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  process.exitCode = code || (totals.failed > 0 || totals.passed === 0 ? 1 : 0);
});

await liveOnce(testHomes(), async (life) => {
  const { home, processes } = life;
  await step('packages', (note) => installPackages(processes, note));
  await step('build', (note) => buildAll(processes, note));
  const infrastructure = await disposableInfrastructure(life);
  const env = {
    ...process.env,
    TEST_DATABASE_URL: infrastructure.databaseUrl,
    TEST_RABBITMQ_URL: infrastructure.rabbitmqUrl,
  };
  if (withCheck && existsSync(join(ROOT, 'tools/check.mjs'))) await check();
  await jest();
  finished = true;
  return totals.failed > 0 || totals.passed === 0 ? 1 : 0;

  /** Lint, types, format and the like. A fault there counts as one failed test. */
  async function check() {
    try {
      await processes.run({
        name: 'check',
        command: process.execPath,
        args: ['tools/check.mjs'],
        cwd: ROOT,
        env,
      });
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      totals.failed++;
      report(error);
    }
  }

  async function jest() {
    const outputFile = join(home, 'jest.json');
    const script = ['node_modules/jest/bin/jest.js', '--config', 'jest.config.cjs'];
    const args = [...script, ...jestArgs, '--json', `--outputFile=${outputFile}`];
    let failure;
    try {
      await processes.run({ name: 'jest', command: process.execPath, args, cwd: ROOT, env });
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      failure = error;
    }
    const result = readJson(outputFile);
    totals.passed += result?.numPassedTests ?? 0;
    totals.skipped += (result?.numPendingTests ?? 0) + (result?.numTodoTests ?? 0);
    // A file that could not even be loaded holds no test that failed, and has failed all the same.
    const failed = (result?.numFailedTests ?? 0) + (result?.numRuntimeErrorTestSuites ?? 0);
    totals.failed += failed;
    if (failure && failed === 0) {
      totals.failed++;
      report(failure);
    }
    if (!failure && totals.passed === 0) report(new Problem('no test ran'));
  }
});
