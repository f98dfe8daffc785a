import fc from 'fast-check';
import { isoTime } from './time';

describe('a time', () => {
  it('is written as RFC 3339, however many there are, and the same again', () => {
    const times = fc.array(fc.date({ noInvalidDate: true }), { maxLength: 1_500 });
    fc.assert(
      fc.property(times, (all) => {
        const expected = all.map((time) => time.toISOString());
        expect(all.map(isoTime)).toEqual(expected);
        expect(all.map(isoTime)).toEqual(expected);
      }),
    );
  });

  it('that is none has no text', () => expect(() => isoTime(new Date(NaN))).toThrow(RangeError));
});
