import fc from 'fast-check';
import { PAIR_LIMIT, TokenBucket } from './rate-limit';

describe('a token bucket', () => {
  it('gives its burst at once, then one by one at its pace', () => {
    const bucket = new TokenBucket(2, 3, 0);
    expect([0, 0, 0, 0].map((now) => bucket.take(now))).toEqual([0, 0, 0, 500]);
    expect(bucket.take(250)).toBe(250);
    expect(bucket.take(500)).toBe(0);
  });

  it('gives one after exactly the wait that it told', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 1_000, noNaN: true }), fc.nat(20), (rate, taken) => {
        const bucket = new TokenBucket(rate, 5, 0);
        for (let i = 0; i < taken; i++) bucket.take(0);
        const wait = bucket.take(0);
        // One millisecond of grace for the rounding of fractions.
        expect(wait === 0 || bucket.take(wait + 1) === 0).toBe(true);
      }),
    );
  });

  it('never gives more than the burst and its pace, whatever the times', () => {
    const steps = fc.array(fc.nat(3_000), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (pauses) => {
        const bucket = new TokenBucket(1, 5, 0);
        let now = 0;
        let given = 0;
        for (const pause of pauses) if (bucket.take((now += pause)) === 0) given++;
        expect(given).toBeLessThanOrEqual(5 + now / 1_000 + 0.001);
      }),
    );
  });

  it('takes one back, but never above its burst', () => {
    const bucket = new TokenBucket(1, 1, 0);
    bucket.take(0);
    bucket.giveBack();
    bucket.giveBack();
    expect([bucket.take(0), bucket.take(0)]).toEqual([0, 1_000]);
  });

  it('knows when it is as good as new', () => {
    const bucket = new TokenBucket(1, 2, 0);
    expect(bucket.isFull(0)).toBe(true);
    bucket.take(0);
    expect([bucket.isFull(999), bucket.isFull(1_000)]).toEqual([false, true]);
  });

  it('does not fall silent where the clock is set back', () => {
    const bucket = new TokenBucket(1, 2, 600_000);
    expect(bucket.take(600_000)).toBe(0);
    expect(bucket.take(0)).toBe(0);
    expect(bucket.take(0)).toBe(1_000);
  });
});

describe('the limit for one customer', () => {
  it('is 45 at once, then one in six seconds', () => {
    const bucket = new TokenBucket(PAIR_LIMIT.perSecond, PAIR_LIMIT.burst, 0);
    for (let i = 0; i < 45; i++) expect(bucket.take(0)).toBe(0);
    expect(bucket.take(0)).toBe(6_000);
  });
});
