import { AppError } from '@scrm/platform';

/** Where a page ended, opaque to the client. */
export function encodePage(...parts: (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

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
