import { AppError } from './errors';

/** Where a page ended, opaque to the client. */
export function encodePage(...parts: (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** A page from its records and one more: that one tells that there is a next page, and is not shown. */
export function toPage<R, V>(
  records: R[],
  limit: number,
  view: (record: R) => V,
  placeOf: (record: R) => (string | number)[],
): { items: V[]; nextCursor: string | null } {
  const page = records.slice(0, limit);
  const last = records.length > limit ? page.at(-1) : undefined;
  return { items: page.map(view), nextCursor: last ? encodePage(...placeOf(last)) : null };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const isUuid = (part: unknown): part is string => typeof part === 'string' && UUID.test(part);

/** The cursor of a list that is ordered by id. */
export const isId = (parts: unknown[]): parts is [string] => parts.length === 1 && isUuid(parts[0]);

/** @throws AppError invalid_cursor */
export function decodePage<T extends unknown[]>(cursor: string, check: (parts: unknown[]) => parts is T): T {
  try {
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown;
    if (Array.isArray(parts) && check(parts)) return parts;
  } catch {
    // Falls through: whatever it is, it is not ours.
  }
  throw new AppError('invalid_cursor', 'Use the nextCursor of the page before, unchanged.');
}
