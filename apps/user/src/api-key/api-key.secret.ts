import { digest, newToken } from '../secret-token';

const KEY = /^scrm_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_([\w-]{43})$/;

/** A key as it is shown: what it is for finders of lost secrets, which one it is, and 256 bits that nobody guesses. */
export function newKey(id: string): { key: string; hash: Buffer } {
  const secret = newToken();
  return { key: `scrm_${id.replaceAll('-', '')}_${secret}`, hash: digest(secret) };
}

/** Null where it cannot be one of ours. */
export function readKey(key: string): { id: string; hash: Buffer } | null {
  const match = KEY.exec(key);
  if (!match) return null;
  const secret = match.pop()!;
  return { id: match.slice(1).join('-'), hash: digest(secret) };
}
