import { randomBytes } from 'node:crypto';
import { SecretBox } from './secret-box';

const key = () => randomBytes(32).toString('base64');

describe('a secret box', () => {
  const box = new SecretBox(key());

  it.each(['EAAG-token', '', 'Grüße 😀'])('gives back what was put in: %j', (secret) => {
    expect(box.open(box.seal(secret, 'row'), 'row')).toBe(secret);
  });

  it('seals the same secret differently each time, and shows nothing of it', () => {
    const [a, b] = [box.seal('EAAG-token', 'row'), box.seal('EAAG-token', 'row')];
    expect(a.equals(b)).toBe(false);
    expect(a.includes('EAAG')).toBe(false);
  });

  it('refuses what was sealed for another row', () => {
    expect(() => box.open(box.seal('secret', 'row'), 'other row')).toThrow();
  });

  it('refuses what was sealed with another key', () => {
    expect(() => new SecretBox(key()).open(box.seal('secret', 'row'), 'row')).toThrow();
  });

  it('refuses a flipped bit anywhere', () => {
    const sealed = box.seal('secret', 'row');
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed);
      changed[i]! ^= 1;
      expect(() => box.open(changed, 'row')).toThrow();
    }
  });

  it('refuses what was cut, down to a shorter tag', () => {
    const sealed = box.seal('', 'row');
    for (let length = 0; length < sealed.length; length++) {
      expect(() => box.open(sealed.subarray(0, length), 'row')).toThrow();
    }
  });
});
