import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Meta signs the bytes as they are on the wire, escapes and all. So the check is over the untouched bytes, before
 * any parse, and in constant time. Several secrets are accepted while one replaces another.
 */
export function isSigned(body: Buffer, header: unknown, secrets: readonly string[]): boolean {
  const match = typeof header === 'string' ? /^sha256=([0-9a-f]{64})$/i.exec(header) : null;
  if (!match) return false;
  const given = Buffer.from(match[1]!, 'hex');
  let signed = false;
  for (const secret of secrets) {
    if (timingSafeEqual(createHmac('sha256', secret).update(body).digest(), given)) signed = true;
  }
  return signed;
}
