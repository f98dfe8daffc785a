const MOST_KEPT = 1_000;
const kept = new Map<number, string>();

/**
 * A time in RFC 3339, as `toISOString` has it. The events of a batch say the same few times over and over, and writing
 * one costs more than looking it up.
 *
 * @throws RangeError where the time is none
 */
export function isoTime(time: Date): string {
  const at = time.getTime();
  let text = kept.get(at);
  if (text === undefined) {
    text = time.toISOString();
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(at, text);
  }
  return text;
}
