import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createTestDatabase, testBroker } from '@scrm/testing';

/** Runs the tests of a file that is no TypeScript, and shows what it said where they are not so many that passed. */
async function passed(file: string, count: number, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['--test', join(__dirname, 'test', file)], {
    env: { ...process.env, ...env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const said = await text(child.stdout);
  return { code: await ended, said: said.includes(`\n# pass ${count}\n`) ? '' : said };
}

it('a floor that does not keep the promises would be no floor', async () => {
  const database = await createTestDatabase(() => Promise.resolve());
  const result = await passed('store.check.mjs', 1, { DATABASE_URL: database.url });
  expect(result).toEqual({ code: 0, said: '' });
  await database.drop();
});

it('the benchmark of sockets and of fanout still fits the product', async () => {
  const broker = testBroker();
  const logs = mkdtempSync(join(tmpdir(), 'scrm-bench-'));
  const { url: RABBITMQ_URL, namespace: BROKER_NAMESPACE } = broker;
  const result = await passed('realtime.check.mjs', 3, { RABBITMQ_URL, BROKER_NAMESPACE, LOG_FOLDER: logs });
  await broker.clear();
  rmSync(logs, { recursive: true });
  expect(result).toEqual({ code: 0, said: '' });
});
