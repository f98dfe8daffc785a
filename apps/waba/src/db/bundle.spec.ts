import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { bundle, unbundle } from './bundle';

const pieces = fc.array(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)));

it('gives each piece back as it was', () => {
  fc.assert(fc.property(pieces, (given) => expect(unbundle(bundle(given))).toEqual(given)));
});

it('takes a fifth of what events take', () => {
  const given = Array.from({ length: 50 }, (_, n) =>
    Buffer.from(
      JSON.stringify({ message: { seq: n, type: 'text', status: 'received', content: { body: `${n}` } } }),
    ),
  );
  const size = given.reduce((sum, piece) => sum + piece.length, 0);
  expect(bundle(given).length).toBeLessThan(size / 5);
});

it.each([
  ['no bundle', Buffer.from('no bundle')],
  ['cut off', bundle([Buffer.from('a piece'), Buffer.from('another')]).subarray(0, -3)],
  ['without its last byte', deflateRawSync(Buffer.from([0, 0, 0, 2, 65]))],
  ['with a byte too many', deflateRawSync(Buffer.from([0, 0, 0, 1, 65, 66]))],
])('refuses what is %s', (_, bytes) => {
  expect(() => unbundle(bytes)).toThrow();
});
