import { randomBytes } from 'node:crypto';
import { openBytes, sealBytes } from './sealing';

const key = randomBytes(32);
const seal = (secret: string) => sealBytes(key, Buffer.from(secret), 'row');
const open = (sealed: Buffer, place = 'row', by = key) => openBytes(by, sealed, place).toString();

describe('a sealed value', () => {
  it.each(['EAAG-token', '', 'Grüße 😀'])('gives back what was put in: %j', (secret) => {
    expect(open(seal(secret))).toBe(secret);
  });

  it('is another one each time, and shows nothing of what is in it', () => {
    const [a, b] = [seal('EAAG-token'), seal('EAAG-token')];
    expect(a.equals(b)).toBe(false);
    expect(a.includes('EAAG')).toBe(false);
  });

  it('does not open in another row', () => {
    expect(() => open(seal('secret'), 'other row')).toThrow();
  });

  it('does not open with another key', () => {
    expect(() => open(seal('secret'), 'row', randomBytes(32))).toThrow();
  });

  it('does not open with a flipped bit, wherever it is', () => {
    const sealed = seal('secret');
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed);
      changed[i]! ^= 1;
      expect(() => open(changed)).toThrow();
    }
  });

  it('does not open when it was cut, down to a shorter tag', () => {
    const sealed = seal('');
    for (let length = 0; length < sealed.length; length++) {
      expect(() => open(sealed.subarray(0, length))).toThrow();
    }
  });
});
