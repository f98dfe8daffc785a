import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The mutations are plain Node, and so are the tests of their runner: here they run with all others. */
const FOLDER = join(__dirname, 'test');
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.test.mjs'));

it('has tests', () => {
  expect(FILES.length).toBeGreaterThan(1);
});

it.each(FILES)('passes %s', (file) => {
  const { status, stdout } = spawnSync(process.execPath, ['--test', join(FOLDER, file)], {
    encoding: 'utf8',
    // Jest's own must not reach it, nor those of an outer test runner.
    env: { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined },
  });
  expect({ status, said: status === 0 ? '' : stdout }).toEqual({ status: 0, said: '' });
});
