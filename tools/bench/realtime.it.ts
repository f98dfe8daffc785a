import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { testBroker } from '@scrm/testing';

const broker = testBroker();
const folder = mkdtempSync(join(tmpdir(), 'scrm-bench-'));
afterAll(async () => {
  await broker.clear();
  rmSync(folder, { recursive: true });
});

it('the benchmark of sockets and of fanout still fits the product', async () => {
  const child = spawn(process.execPath, ['--test', join(__dirname, 'test/realtime.check.mjs')], {
    env: {
      ...process.env,
      RABBITMQ_URL: broker.url,
      BROKER_NAMESPACE: broker.namespace,
      LOG_FOLDER: folder,
      NODE_OPTIONS: '',
      NODE_TEST_CONTEXT: undefined,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const said = await text(child.stdout);
  expect({ code: await ended, said: /^# pass 3$/m.test(said) ? '' : said }).toEqual({ code: 0, said: '' });
});
