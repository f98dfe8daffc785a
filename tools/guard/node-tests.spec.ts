import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { files, ROOT } from './workspace';

/** The commands under tools/ are plain Node, and so are their tests: here they run with all others. */
const FILES = files().filter((file) => /^tools\/.*\/test\/[^/]+\.test\.mjs$/.test(file));

it('has tests of the benchmark, the faults, the mail server and the mutations', () => {
  const folders = new Set(FILES.map((file) => file.split('/')[1]));
  expect([...folders].sort()).toEqual(['bench', 'faults', 'mail', 'mutations']);
});

it.each(FILES)('passes %s', (file) => {
  const { status, stdout } = spawnSync(process.execPath, ['--test', join(ROOT, file)], {
    encoding: 'utf8',
    // Jest's own must not reach it, nor those of an outer test runner.
    env: { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined },
  });
  expect({ status, said: status === 0 ? '' : stdout }).toEqual({ status: 0, said: '' });
});
