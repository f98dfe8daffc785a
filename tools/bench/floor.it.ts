import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createTestDatabase, type TestDatabase } from '@scrm/testing';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(() => Promise.resolve());
});
afterAll(() => database.drop());

it('a floor that does not keep the promises would be no floor', async () => {
  const child = spawn(process.execPath, ['--test', join(__dirname, 'test/store.check.mjs')], {
    env: { ...process.env, DATABASE_URL: database.url, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const said = await text(child.stdout);
  expect({ code: await ended, said: /^# pass 1$/m.test(said) ? '' : said }).toEqual({ code: 0, said: '' });
});
