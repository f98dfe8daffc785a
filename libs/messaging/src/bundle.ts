/** A message: alone, or as one of several in a bundle. */
export interface Bundled {
  headers: Record<string, unknown>;
  body: Buffer;
}

const LENGTH_BYTES = 4;

/**
 * Several messages as one, whose body holds the headers of each as JSON and its body, either after its length; one alone
 * stays as it is. The broker stores, confirms and hands out a message for nearly the same, whatever is in it.
 */
export function bundle(messages: Bundled[]): Bundled {
  if (messages.length === 1) return messages[0]!;
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
  return { headers: { bundle: messages.length }, body: Buffer.concat(pieces) };
}

/** What came as one message. A bundle that cannot be read is left as it is: whoever works on it puts it aside. */
export function unbundle(message: Bundled): Bundled[] {
  if (message.headers.bundle === undefined) return [message];
  try {
    return partsOf(message.body);
  } catch {
    return [message];
  }
}

function partsOf(bytes: Buffer): Bundled[] {
  const messages: Bundled[] = [];
  let at = 0;
  const next = () => {
    const from = at + LENGTH_BYTES;
    const end = from + bytes.readUInt32BE(at);
    if (end > bytes.length) throw new RangeError('a bundle ends within a message');
    at = end;
    return bytes.subarray(from, end);
  };
  // At least one: else nobody would ever ack it.
  do {
    const headers = JSON.parse(next().toString()) as Record<string, unknown>;
    messages.push({ headers, body: next() });
  } while (at < bytes.length);
  return messages;
}
