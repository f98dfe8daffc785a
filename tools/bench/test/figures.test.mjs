import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backToNormal } from '../bulk.mjs';
import { summary } from '../compare.mjs';
import { cpuMsPerMessage } from '../load.mjs';
import { median, reportTo, spread } from '../report.mjs';

test('a median is the one in the middle, or between both', () => {
  assert.equal(median([3, 1, 200]), 3);
  assert.equal(median([4, 1, 2, 200]), 3);
});

test('a spread says the middle, nearly the worst, and the worst', () => {
  const values = Array.from({ length: 1_000 }, (_, i) => i + 1);
  assert.deepEqual(spread(values), { p50: 500, p95: 950, p99: 990, max: 1_000 });
  assert.equal(spread([]), null);
});

test('a missed figure is missed, also where it could not be measured', () => {
  const lines = [];
  const stream = /** @type {any} */ ({ write: (/** @type {string} */ line) => lines.push(line) });
  const figure = (/** @type {boolean} */ ok) => ({ target: '<= 1', measured: ok ? 1 : Infinity, ok });
  assert.equal(reportTo(stream, { scenario: 's', figures: { a: figure(true) } }), true);
  assert.equal(reportTo(stream, { scenario: 's', figures: { a: figure(true), b: figure(false) } }), false);
});

test('CPU per message is that of the measured, not of who measures nor of others', () => {
  const percent = { 'load driver': 50, 'everything else': 80, waba: 60, postgres: 20, rabbitmq: 20 };
  assert.equal(cpuMsPerMessage(percent, 1_000), 1);
});

test('one bad window does not decide a comparison', () => {
  const window = (/** @type {number} */ perSecond, /** @type {number} */ p99) => ({
    messages: 1,
    throughputPerSecond: perSecond,
    acceptMs: { p50: 1, p99, max: p99 },
    webhookToSocketMs: { p50: 2, p99, max: p99 },
    cpuMsPerMessage: 0.5,
    cpuPercent: {},
    rssMiB: {},
  });
  const { throughputPerSecond, webhookToSocketP99Ms } = summary([
    window(2_000, 20),
    window(100, 5_000),
    window(2_100, 21),
  ]);
  assert.equal(throughputPerSecond, 2_000);
  assert.equal(webhookToSocketP99Ms, 21);
  assert.equal(summary([{ ...window(0, 0), webhookToSocketMs: null }]).webhookToSocketP99Ms, Infinity);
});

/** One every 10 ms for 20 s; slow before `until`. @param {number} until @param {number} [slow] */
const others = (until, slow = 900) =>
  Array.from({ length: 2_000 }, (_, i) => ({ at: i * 10, ms: i * 10 < until ? slow : 8 }));

test('others are back to normal from when the next five seconds are', () => {
  assert.equal(backToNormal(others(0), 25), 0);
  const back = backToNormal(others(6_000), 25);
  // Five of five hundred may be slow: that is what p99 says.
  assert.ok(back > 5_800 && back <= 6_000, `${back}`);
});

test('others who never came are not normal', () => {
  assert.equal(backToNormal(others(20_000, Infinity), 25), Infinity);
  assert.equal(backToNormal(others(17_000), 25), Infinity);
});
