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
