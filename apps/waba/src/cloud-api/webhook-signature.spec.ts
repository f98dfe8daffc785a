import { createHmac } from 'node:crypto';
import { isSigned } from './webhook-signature';

const sign = (body: Buffer, secret: string) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

describe('the signature of a delivery', () => {
  const plain = Buffer.from('{"text":"Grüße 😀 @/"}');
  const signature = sign(plain, 'new');

  it.each([
    ['plain UTF-8', plain],
    ['escaped characters', Buffer.from('{"text":"Gr\\u00fc\\u00dfe \\ud83d\\ude00 \\u0040\\/"}')],
    ['no body at all', Buffer.alloc(0)],
    ['bytes that are no text', Buffer.from([0xff, 0x00, 0xfe])],
  ])('holds over the bytes as they came: %s', (_, body) => {
    expect(isSigned(body, sign(body, 'new'), ['new'])).toBe(true);
  });

  it('may be made with any of the secrets, and no other', () => {
    expect(isSigned(plain, signature, ['old', 'new'])).toBe(true);
    expect(isSigned(plain, signature, ['new', 'old'])).toBe(true);
    expect(isSigned(plain, signature, ['old'])).toBe(false);
    expect(isSigned(plain, signature, [])).toBe(false);
  });

  it('may be written in upper case', () => {
    expect(isSigned(plain, `sha256=${signature.slice(7).toUpperCase()}`, ['new'])).toBe(true);
  });

  it('breaks with any single byte of the body', () => {
    for (let i = 0; i < plain.length; i++) {
      const changed = Buffer.from(plain);
      changed[i]! ^= 1;
      expect(isSigned(changed, signature, ['new'])).toBe(false);
    }
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['sent twice', [signature, signature]],
    ['of another algorithm', signature.replace('sha256', 'sha1')],
    ['without its algorithm', signature.slice(7)],
    ['a digit too short', signature.slice(0, -1)],
    ['a digit too long', `${signature}0`],
    ['not hexadecimal', `sha256=${'x'.repeat(64)}`],
    ['wrong', `sha256=${'0'.repeat(64)}`],
    ['padded', ` ${signature}`],
  ])('is refused where the header is %s', (_, header) => {
    expect(isSigned(plain, header, ['new'])).toBe(false);
  });
});
