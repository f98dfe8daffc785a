import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits, for links and the like. */
export const newToken = (): string => randomBytes(32).toString('base64url');

/** SHA-256, kept in place of the text. Tokens are random and long, so it needs no salt and need not be slow. */
export const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
