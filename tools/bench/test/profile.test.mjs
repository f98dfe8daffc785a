import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../lib/files.mjs';
import { selfTimes, summaryOf } from '../profile/summary.mjs';

const frame = (/** @type {number} */ id, /** @type {string} */ functionName, url = '') => ({
  id,
  callFrame: { functionName, url, lineNumber: 9 },
});

test('each function has the time in which it was on top, all profiles together', () => {
  const nodes = [
    frame(1, '(root)'),
    frame(2, '(idle)'),
    frame(3, 'parse', `file://${ROOT}/apps/waba/dist/a.js`),
  ];
  const profile = { nodes, samples: [2, 3, 3], timeDeltas: [0, 1_000, 2_000, 4_000] };
  const { busyMs, idleMs, functions } = selfTimes([profile, profile]);
  assert.equal(idleMs, 2);
  assert.equal(busyMs, 12);
  assert.deepEqual(functions, [{ name: 'parse', where: 'apps/waba/dist/a.js:10', ms: 12 }]);
});

test('a service records what it does between two signals, anything else does not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'bench profile '));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const dist = join(folder, 'apps/waba/dist');
  mkdirSync(dist, { recursive: true });
  const program = join(dist, 'main.js');
  writeFileSync(
    program,
    `function busywork() { const end = Date.now() + 20; while (Date.now() < end); }
     // Inlined into its caller it would have no name any more.
     %NeverOptimizeFunction(busywork);
     let rounds = 0;
     setInterval(() => { busywork(); if (++rounds % 10 === 0) process.stdout.write('worked'); }, 30);
     const { writeFileSync } = require('node:fs');
     require('node:fs').writeFileSync = (...all) => { writeFileSync(...all); process.stdout.write('written'); };`,
  );
  const record = join(ROOT, 'tools/bench/profile/record.cjs');
  const env = {
    ...process.env,
    NODE_OPTIONS: `--require ${JSON.stringify(record)}`,
    PROFILE_FOLDER: folder,
    PORT: '7',
  };
  const child = spawn(process.execPath, ['--allow-natives-syntax', program], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const said = async (/** @type {string} */ word) => {
    for await (const chunk of on(child.stdout, 'data')) if (String(chunk).includes(word)) return;
  };
  await said('worked');
  child.kill('SIGUSR2');
  await said('worked');
  child.kill('SIGUSR2');
  const written = () => readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  await said('written');
  assert.deepEqual(written(), ['waba-7-1.cpuprofile']);
  assert.match(summaryOf(folder), /^waba: busy \d+ % of the time[^]*busywork/);

  writeFileSync(
    join(folder, 'other.js'),
    `require('node:fs').writeSync(1, String(process.listenerCount('SIGUSR2')))`,
  );
  const other = spawn(process.execPath, [join(folder, 'other.js')], { env });
  const [answer] = await once(other.stdout, 'data');
  assert.equal(String(answer), '0');
});
