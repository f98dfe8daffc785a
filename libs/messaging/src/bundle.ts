import { joinPieces, splitPieces } from '@scrm/platform';

/** A message: alone, or as one of several in a bundle. */
export interface Bundled {
  headers: Record<string, unknown>;
  body: Buffer;
}

/**
 * Several messages as one, whose body holds the headers of each as JSON and its body, either after its length; one alone
 * stays as it is. The broker stores, confirms and hands out a message for nearly the same, whatever is in it.
 */
export function bundle(messages: Bundled[]): Bundled {
  if (messages.length === 1) return messages[0]!;
  const pieces = messages.flatMap(({ headers, body }) => [Buffer.from(JSON.stringify(headers)), body]);
  return { headers: { bundle: messages.length }, body: joinPieces(pieces) };
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
  const pieces = splitPieces(bytes);
  // At least one: else nobody would ever ack it.
  if (pieces.length === 0 || pieces.length % 2 > 0) throw new RangeError('a bundle ends within a message');
  return Array.from({ length: pieces.length / 2 }, (_, i) => ({
    headers: JSON.parse(pieces[2 * i]!.toString()) as Record<string, unknown>,
    body: pieces[2 * i + 1]!,
  }));
}
