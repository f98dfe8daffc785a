/** "I rendered everything up to here": opaque to clients, so that it can change. */
export interface Cursor {
  epoch: string;
  position: number;
}

export function encodeCursor({ epoch, position }: Cursor): string {
  return Buffer.from(`${position}.${epoch}`).toString('base64url');
}

/** `undefined` where it is not one of ours. */
export function decodeCursor(text: string): Cursor | undefined {
  const match = /^(0|[1-9]\d{0,15})\.(.+)$/su.exec(Buffer.from(text, 'base64url').toString());
  if (!match) return undefined;
  const cursor = { epoch: match[2]!, position: Number(match[1]) };
  // Base64 decoders skip what they don't know: only what we would write ourselves counts.
  return Number.isSafeInteger(cursor.position) && encodeCursor(cursor) === text ? cursor : undefined;
}
