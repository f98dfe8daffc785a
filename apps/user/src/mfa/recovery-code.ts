import { randomBytes } from 'node:crypto';
import { Secret } from 'otpauth';
import { digest } from '../secret-token';

const HOW_MANY = 10;
const FORM = /^[a-z2-7]{16}$/;

/** 80 bits each: too many to try, so a plain hash keeps them. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: HOW_MANY }, () => {
    const text = new Secret({ buffer: Uint8Array.from(randomBytes(10)).buffer }).base32.toLowerCase();
    return text.match(/.{4}/g)!.join('-');
  });

/** The hash of what somebody typed; null where it cannot be one. */
export function recoveryHash(typed: string): Buffer | null {
  const code = typed.toLowerCase().replace(/[\s-]/g, '');
  return FORM.test(code) ? digest(code) : null;
}
