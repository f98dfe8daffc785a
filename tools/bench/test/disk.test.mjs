import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { diskFigures, stillIn, watchDisk } from '../disk.mjs';

test('the disk is watched by the clock of whoever asks, one sync after the other', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'disk-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const began = performance.now();
  const end = await watchDisk(folder);
  assert.ok(existsSync(join(folder, 'disk-watch')));
  const syncs = await end();
  const ended = performance.now();
  assert.ok(syncs.length > 0);
  // Two clocks of one origin each agree to less than a millisecond.
  let last = began - 1;
  for (const [from, to] of syncs) {
    assert.ok(from >= last && to >= from && to <= ended + 1, `${last} ${from} ${to} ${ended}`);
    last = to;
  }
  assert.equal(existsSync(join(folder, 'disk-watch')), false);
});

test('it stood still where a sync took longer than 25 ms', () => {
  /** @type {[number, number][]} */
  const syncs = [
    [0, 1],
    [20, 45],
    [60, 170],
    [190, 220.5],
  ];
  assert.deepEqual(stillIn(syncs), syncs.slice(2));
  assert.deepEqual(diskFigures(syncs), {
    syncMs: { p50: 25, p95: 110, p99: 110, max: 110 },
    stoodStill: 2,
    stoodStillMs: 140.5,
  });
});

test('a file that cannot be written is said at once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'disk-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'disk-watch'));
  await assert.rejects(watchDisk(folder), /EISDIR/);
});
