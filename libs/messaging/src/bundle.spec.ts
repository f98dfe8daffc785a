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
      fc.property(fc.array(message, { minLength: 2, maxLength: 20 }), (messages) => {
        const whole = bundle(messages);
        expect(whole.headers).toEqual({ bundle: messages.length });
        expect(unbundle(whole)).toEqual(messages);
      }),
    );
  });

  it('of one is that one', () => {
    const alone = { headers: { n: 1 }, body: Buffer.from('alone') };
    expect(bundle([alone])).toBe(alone);
    expect(unbundle(alone)).toEqual([alone]);
  });

  it('is left as it is where a part of it is missing, and not taken for a shorter one', () => {
    const [first, second] = ['first', 'second'].map((text) => ({
      headers: { text },
      body: Buffer.from(text),
    }));
    const { headers, body } = bundle([first!, second!]);
    const ofTheFirst = bundle([first!, first!]).body.length / 2;
    for (let length = 0; length < body.length; length++) {
      if (length === ofTheFirst) continue;
      const cut = { headers, body: body.subarray(0, length) };
      expect(unbundle(cut)).toEqual([cut]);
    }
  });
});
