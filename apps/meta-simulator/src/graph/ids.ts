import { randomBytes, randomInt } from 'node:crypto';

// A random start per process and a counter: unique, and far cheaper than random bytes for every message.
const boot = randomBytes(5).toString('hex').toUpperCase();
let counter = randomInt(0x0fffffff);

function nextHex(length: number): string {
  counter = (counter + 1) >>> 0;
  return (
    boot.slice(0, length - 8).padStart(length - 8, '3') + counter.toString(16).toUpperCase().padStart(8, '0')
  );
}

/**
 * A message id in Meta's form: base64 of a small binary record that holds the customer's number and a hex
 * id. Consumers must treat it as opaque; it is built alike so that its length and alphabet are realistic.
 */
export function newWamid(customer: string, direction: 'in' | 'out'): string {
  const digits = customer.slice(0, 40);
  const hex = nextHex(direction === 'in' ? 20 : 18);
  const tail = direction === 'in' ? 0x12 : 0x11;
  return (
    'wamid.' +
    Buffer.from(
      `\x1c\x18${String.fromCharCode(digits.length)}${digits}\x15\x02\x00${String.fromCharCode(tail)}\x18` +
        `${String.fromCharCode(hex.length)}${hex}\x00`,
      'latin1',
    ).toString('base64')
  );
}

/** A numeric object id (media, template) of sixteen digits; it must survive as a JSON number (below 2^53). */
export function newObjectId(): string {
  counter = (counter + 1) >>> 0;
  return `${randomInt(100_000, 900_000)}${String(counter).padStart(10, '0')}`;
}

export function newTraceId(): string {
  return `A${randomBytes(17).toString('base64url').slice(0, 22)}`;
}
