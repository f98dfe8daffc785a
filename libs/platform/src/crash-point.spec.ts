import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CRASH_POINTS } from './crash-point';

/** Passes every crash point in order, and says which. */
const PASS_ALL = `
  const { crashPoint, CRASH_POINTS } = require('@scrm/platform');
  for (const point of CRASH_POINTS) { crashPoint(point); require('fs').writeSync(1, point + '\\n'); }`;

const passAll = (directory?: string) =>
  spawnSync(process.execPath, ['-e', PASS_ALL], {
    cwd: join(__dirname, '..'),
    env: { PATH: process.env.PATH, ...(directory && { CRASH_DIR: directory }) },
    encoding: 'utf8',
  });

describe('a crash point', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'scrm-crash-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is passed where nobody asked for a crash', () => {
    expect(passAll().stdout.trim().split('\n')).toEqual([...CRASH_POINTS]);
    expect(passAll(directory).stdout.trim().split('\n')).toEqual([...CRASH_POINTS]);
  });

  it('ends the process at the point that was named, and only one', () => {
    const point = CRASH_POINTS[3];
    writeFileSync(join(directory, point), '');
    const first = passAll(directory);
    expect(first.signal).toBe('SIGKILL');
    expect(first.stdout.trim().split('\n')).toEqual(CRASH_POINTS.slice(0, 3));
    expect(readdirSync(directory)).toEqual([]);
    expect(passAll(directory).signal).toBeNull();
  });

  it('has no name twice', () => {
    expect(new Set(CRASH_POINTS).size).toBe(CRASH_POINTS.length);
  });
});
