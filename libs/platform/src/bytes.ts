/**
 * Many texts in one buffer. As one long string they would be put together first, in memory of its own that the system
 * has to clear, and copied from there.
 */
export function bytesOf(texts: string[]): Buffer {
  let length = 0;
  for (const text of texts) length += Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const text of texts) at += bytes.write(text, at);
  return bytes;
}

const LENGTH_BYTES = 4;

/** Pieces of bytes as one, each after its length (32 bits, big-endian). */
export function joinPieces(pieces: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  for (const piece of pieces) {
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32BE(piece.length);
    parts.push(length, piece);
  }
  return Buffer.concat(parts);
}

/** What {@link joinPieces} joined, without copying it. @throws RangeError where the bytes end within a piece */
export function splitPieces(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const from = at + LENGTH_BYTES;
    at = from + bytes.readUInt32BE(at);
    if (at > bytes.length) throw new RangeError('the bytes end within a piece');
    pieces.push(bytes.subarray(from, at));
  }
  return pieces;
}
