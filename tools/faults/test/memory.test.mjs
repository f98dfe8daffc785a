import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { slopesOf } from '../memory.mjs';

/** @param {number} seconds @param {(at: number) => number} size @returns {[number, number][]} */
const samples = (seconds, size) => Array.from({ length: seconds / 5 + 1 }, (_, i) => [i * 5, size(i * 5)]);

describe('the memory of processes', () => {
  it('shows what grows, by the hour, and leaves the warming up out', () => {
    // 50 MiB of warming up in the first hundred seconds, then 36 MiB an hour.
    const size = (/** @type {number} */ at) => 100 + Math.min(at, 100) / 2 + at * 0.01;
    const [slope] = slopesOf([{ name: 'waba', resident: samples(600, () => 300), live: samples(600, size) }]);
    assert.deepEqual(slope, {
      name: 'waba',
      seconds: 400,
      residentMiB: 300,
      residentPerHour: 0,
      liveMiB: 156,
      livePerHour: 36,
    });
  });

  it('looks at the longest of several lives of one service', () => {
    const [slope, ...others] = slopesOf([
      { name: 'ws-1', resident: samples(300, () => 90), live: [] },
      { name: 'ws-1', resident: samples(900, (at) => 90 + at * 0.01), live: [] },
      { name: 'ws-1', resident: samples(60, (at) => 90 + at), live: [] },
    ]);
    assert.deepEqual(others, []);
    assert.deepEqual([slope.seconds, slope.residentPerHour], [600, 36]);
  });

  it('does not know what is in use where the process does not say it', () => {
    const [slope] = slopesOf([{ name: 'rabbitmq', resident: samples(600, () => 200), live: [] }]);
    assert.deepEqual([slope.residentMiB, slope.liveMiB, slope.livePerHour], [200, undefined, undefined]);
  });
});
