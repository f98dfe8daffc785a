import fc from 'fast-check';
import { bytesOf, joinPieces, splitPieces } from './bytes';

it('many texts are the bytes of all of them, whatever they are written in', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
      expect(bytesOf(texts)).toEqual(Buffer.concat(texts.map((text) => Buffer.from(text))));
    }),
  );
});

it('pieces come apart as they were joined, and never short of a byte', () => {
  const piece = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1 }), (pieces) => {
      const joined = joinPieces(pieces);
      expect(splitPieces(joined)).toEqual(pieces);
      expect(() => splitPieces(joined.subarray(0, -1))).toThrow();
    }),
  );
});
