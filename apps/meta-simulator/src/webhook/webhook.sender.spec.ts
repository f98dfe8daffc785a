import { Fifo } from './fifo';
import { retryDelay } from './webhook.sender';

describe('retryDelay', () => {
  const retry = { firstMs: 500, maxMs: 10_000, jitter: 0.2 };

  it('doubles up to the maximum', () => {
    const middle = (attempt: number): number => retryDelay(attempt, retry, () => 0.5);
    expect([1, 2, 3, 6, 100].map(middle)).toEqual([500, 1000, 2000, 10_000, 10_000]);
  });

  it('spreads by the jitter', () => {
    expect(retryDelay(1, retry, () => 0)).toBe(400);
    expect(retryDelay(1, retry, () => 1)).toBe(600);
  });
});

describe('Fifo', () => {
  it('gives back everything in order, also after it has cut its tail', () => {
    const fifo = new Fifo<number>();
    const out: (number | undefined)[] = [];
    for (let i = 0; i < 3000; i++) {
      fifo.push(i);
      if (i % 3 !== 0) out.push(fifo.shift());
    }
    while (fifo.size > 0) out.push(fifo.shift());
    expect(out).toEqual(Array.from({ length: 3000 }, (_, i) => i));
    expect(fifo.shift()).toBeUndefined();
  });
});
