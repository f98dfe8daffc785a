import fc from 'fast-check';
import { ruleOf, waitBefore, type GraphAction } from './graph-errors';

/** What the error table of the wire contract asks for when sending. */
const TABLE: Record<GraphAction, number[]> = {
  pause: [0, 3, 10, 33, 190, 200, 299, 368, 131005, 131031, 131037, 131042, 131045, 133010],
  retry: [1, 2, 131000, 131016, 131056, 131057, 133004],
  throttle: [4, 80007, 130429, 131048],
  fail: [
    100, 130472, 130497, 131008, 131009, 131021, 131026, 131030, 131047, 131049, 131050, 131051, 131052,
    131053, 131055, 131062, 131063, 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018,
    132068, 135000, 139200,
  ],
};
const rows = Object.entries(TABLE).flatMap(([action, codes]) => codes.map((code) => [code, action] as const));

describe('an error of Meta', () => {
  it.each(rows)('with code %i leads to %s', (code, action) => {
    expect(ruleOf(code).action).toBe(action);
  });

  it('that nobody knows fails its own message only', () => {
    expect(ruleOf(987_654_321)).toEqual({ action: 'fail' });
    expect([ruleOf(199).action, ruleOf(300).action]).toEqual(['fail', 'fail']);
  });

  it('is tried again a limited number of times', () => {
    for (const code of [...TABLE.retry, ...TABLE.throttle]) {
      expect(ruleOf(code).attempts).toBeGreaterThan(0);
      expect(ruleOf(code).attempts).toBeLessThanOrEqual(30);
    }
  });
});

describe('the wait before the next try', () => {
  const middle = () => 0.5;

  it('is four times as long each time: the pair limit asks for 4^n seconds', () => {
    const waits = [1, 2, 3, 4].map((n) => waitBefore(n, ruleOf(131056), middle));
    expect(waits).toEqual([4_000, 16_000, 64_000, 256_000]);
  });

  it('never shrinks and never passes a quarter of an hour, but for the jitter', () => {
    const code = fc.constantFrom(...TABLE.retry, ...TABLE.throttle);
    fc.assert(
      fc.property(code, fc.integer({ min: 0, max: 10_000 }), (c, attempt) => {
        const wait = waitBefore(attempt, ruleOf(c), middle);
        expect(waitBefore(attempt + 1, ruleOf(c), middle)).toBeGreaterThanOrEqual(wait);
        expect(wait).toBeLessThanOrEqual(15 * 60_000);
      }),
    );
  });

  it('is spread by a fifth to both sides', () => {
    const at = (random: number) => waitBefore(1, { action: 'retry', waitMs: 1_000 }, () => random);
    expect([at(0), at(1)]).toEqual([800, 1_200]);
  });
});
