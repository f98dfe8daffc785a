import fc from 'fast-check';
import { decodeCursor, encodeCursor } from './cursor';

describe('a cursor', () => {
  it('comes back as it went', () => {
    const cursor = fc.record({
      epoch: fc.string({ minLength: 1, unit: 'grapheme' }),
      position: fc.maxSafeNat(),
    });
    fc.assert(fc.property(cursor, (c) => expect(decodeCursor(encodeCursor(c))).toEqual(c)));
  });

  it('is refused, and nothing breaks, where it is not one of ours', () => {
    for (const text of [
      '',
      'x',
      '####',
      'MQ',
      encodeCursor({ epoch: '', position: 1 }),
      'MDEuYQ',
      'LTEuYQ',
    ]) {
      expect(decodeCursor(text)).toBeUndefined();
    }
    expect(decodeCursor(`${encodeCursor({ epoch: 'a', position: 1 })}=`)).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => void decodeCursor(text)));
  });
});
