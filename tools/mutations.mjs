/**
 * npm run test:mutations [-- flags]: breaks the product on purpose, one promise at a time, in a copy, and looks whether
 * the tests notice. The exit code is 1 where one did not.
 */
import './lib/node-version.mjs';
import { join } from 'node:path';
import { CHECKOUT, ROOT } from './lib/files.mjs';
import { disposableInfrastructure, liveOnce } from './lib/infrastructure.mjs';
import { report } from './lib/life.mjs';
import { installPackages } from './lib/packages.mjs';
import { Problem, say, step } from './lib/say.mjs';
import { copyCheckout } from './mutations/copy.mjs';
import { MUTATIONS } from './mutations/list/index.mjs';
import { staleMutations, withMutation } from './mutations/mutation.mjs';
import { HELP, parseMutationOptions } from './mutations/options.mjs';
import { Suite } from './mutations/suite.mjs';
import { judge, table } from './mutations/verdict.mjs';

/** @type {import('./mutations/options.mjs').MutationOptions} */
let options;
try {
  options = parseMutationOptions(
    process.argv.slice(2),
    MUTATIONS.map(({ name }) => name),
  );
} catch (error) {
  report(error);
  process.exit(1);
}
if (options.help || options.list) {
  const width = Math.max(...MUTATIONS.map(({ name }) => name.length));
  const list = MUTATIONS.map(({ name, promise }) => `${name.padEnd(width)}  ${promise}`);
  say(options.help ? HELP : list.join('\n'));
  process.exit(0);
}
const { only } = options;
const chosen = only ? MUTATIONS.filter(({ name }) => only.includes(name)) : MUTATIONS;

await liveOnce(join(CHECKOUT, 'mutations'), async (life) => {
  const { home, processes } = life;
  const stale = staleMutations(chosen, ROOT);
  if (stale.length > 0) throw new Problem(stale.join('\n      '));
  await step('packages', (note) => installPackages(processes, note));
  const copy = join(home, 'copy');
  await step('copy', (note) => note(`${copyCheckout(ROOT, copy)} files`));
  const infrastructure = await disposableInfrastructure(life);
  const suite = new Suite(life, copy, {
    ...process.env,
    TEST_DATABASE_URL: infrastructure.databaseUrl,
    TEST_RABBITMQ_URL: infrastructure.rabbitmqUrl,
  });

  const tests = chosen.flatMap((mutation) => mutation.tests);
  await step('unmutated', async (note) => {
    const wrong = (await suite.run('unmutated', tests)).complaint(tests);
    if (wrong) throw new Problem(`without any mutation ${wrong}: see npm test`);
    note(`${new Set(tests.map(({ name }) => name)).size} tests`);
  });

  /** @type {import('./mutations/verdict.mjs').Row[]} */
  const rows = [];
  for (const mutation of chosen) {
    const began = Date.now();
    const run = await withMutation(copy, mutation, () => suite.run(mutation.name, mutation.tests));
    const row = { mutation, seconds: (Date.now() - began) / 1000, ...judge(run, mutation.tests) };
    rows.push(row);
    say(`${row.verdict.padEnd(10)} ${row.seconds.toFixed(1).padStart(6)}s  ${mutation.name}`);
    say(`  ${row.why}`);
  }
  say(`\n${table(rows)}`);
  const left = rows.filter(({ verdict }) => verdict !== 'killed').length;
  say(`\n${rows.length - left} killed, ${left} not`);
  return left > 0 ? 1 : 0;
});
