import { normaliseRecipient } from './recipient';
import { RateLimiter } from './rate.limit';

describe('RateLimiter', () => {
  it('lends a burst and gives one back per interval', () => {
    const limiter = new RateLimiter();
    const take = (now: number): boolean => limiter.take('a', 3, 6000, now);
    expect([take(0), take(0), take(0), take(0)]).toEqual([true, true, true, false]);
    expect([take(5999), take(6000), take(6000)]).toEqual([false, true, false]);
    expect(limiter.take('b', 3, 6000, 0)).toBe(true);
  });

  it('stays within its keys', () => {
    const limiter = new RateLimiter(2);
    for (const key of ['a', 'b']) limiter.take(key, 1, 10, 0);
    expect(limiter.take('c', 1, 10, 5)).toBe(true);
    expect(limiter.take('c', 1, 10, 5)).toBe(false);
  });
});

describe('normaliseRecipient', () => {
  it('keeps the digits of a number and leaves the rest alone', () => {
    expect(normaliseRecipient('+1 (650) 555-1234')).toBe('16505551234');
    expect(normaliseRecipient('US.1349')).toBe('US.1349');
  });
});
