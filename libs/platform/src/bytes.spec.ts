import fc from 'fast-check';
import { bytesOf } from './bytes';

it('many texts are the bytes of all of them, whatever they are written in', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
      expect(bytesOf(texts)).toEqual(Buffer.concat(texts.map((text) => Buffer.from(text))));
    }),
  );
});
