/** An item that cannot be stored as anything: it goes to quarantine, the others of its batch go on. */
export class UnreadableItemError extends Error {}

type Json = Record<string, unknown>;
const isObject = (v: unknown): v is Json => typeof v === 'object' && v !== null;

const DEEPEST = 100;
const UNSTORABLE = /\0|[\uD800-\uDFFF]/u;
const EVERY_UNSTORABLE = new RegExp(UNSTORABLE, 'gu');

/**
 * Postgres takes neither NUL nor half of a surrogate pair as text: a customer may send both, and the message must not
 * be lost for it. They become the replacement character; the bytes are kept as they came.
 *
 * @throws UnreadableItemError where it is nested so deep that whatever walks through it would break
 */
export const storable = <T>(value: T): T => (isStorable(value) ? value : cleaned(value));

/** Nearly everything is: it is looked through before anything is copied. */
function isStorable(value: unknown, depth = 0): boolean {
  if (depth > DEEPEST) throw new UnreadableItemError('a delivery is nested too deep');
  if (typeof value === 'string') return !UNSTORABLE.test(value);
  if (Array.isArray(value)) return value.every((v) => isStorable(v, depth + 1));
  if (!isObject(value)) return true;
  return Object.keys(value).every((key) => !UNSTORABLE.test(key) && isStorable(value[key], depth + 1));
}

function cleaned<T>(value: T): T {
  if (typeof value === 'string') return value.replace(EVERY_UNSTORABLE, '\uFFFD') as T;
  if (Array.isArray(value)) return value.map((v) => cleaned<unknown>(v)) as T;
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [cleaned(k), cleaned(v)])) as T;
}
