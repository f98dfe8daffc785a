import fc from 'fast-check';
import { bundle, unbundle } from './bundle';

const message = fc.record({
  headers: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.boolean(), fc.integer()), {
    noNullPrototype: true,
  }),
  body: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
});

describe('a bundle', () => {
  it('comes out as it went in, in its order', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 20 }), (messages) => {
        expect(unbundle(bundle(messages))).toEqual(messages);
      }),
    );
  });

  it('is refused where a part of it is missing, and not taken for a shorter one', () => {
    const whole = bundle([
      { headers: { n: 1 }, body: Buffer.from('first') },
      { headers: { n: 2 }, body: Buffer.from('second') },
    ]);
    const ofTheFirst = bundle([{ headers: { n: 1 }, body: Buffer.from('first') }]).length;
    for (let length = 1; length < whole.length; length++) {
      if (length === ofTheFirst) continue;
      expect(() => unbundle(whole.subarray(0, length))).toThrow();
    }
  });
});
