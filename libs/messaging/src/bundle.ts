/** A message, as one of several in a bundle. */
export interface Bundled {
  headers: Record<string, unknown>;
  body: Buffer;
}

const LENGTH_BYTES = 4;

/**
 * Several messages as the body of one: for each its headers as JSON and its body, either after its length. The broker
 * stores, confirms and hands out a message for nearly the same, whatever is in it.
 */
export function bundle(messages: Bundled[]): Buffer {
  const pieces: Buffer[] = [];
  const add = (bytes: Buffer) => {
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32BE(bytes.length);
    pieces.push(length, bytes);
  };
  for (const { headers, body } of messages) {
    add(Buffer.from(JSON.stringify(headers)));
    add(body);
  }
  return Buffer.concat(pieces);
}

/** @throws RangeError or SyntaxError where it is no bundle */
export function unbundle(bytes: Buffer): Bundled[] {
  const messages: Bundled[] = [];
  let at = 0;
  const next = () => {
    const from = at + LENGTH_BYTES;
    const end = from + bytes.readUInt32BE(at);
    if (end > bytes.length) throw new RangeError('a bundle ends within a message');
    at = end;
    return bytes.subarray(from, end);
  };
  while (at < bytes.length) {
    const headers = JSON.parse(next().toString()) as Record<string, unknown>;
    messages.push({ headers, body: next() });
  }
  return messages;
}
