import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits, for links and the like. */
export const newToken = (): string => randomBytes(32).toString('base64url');

/** What is kept of a token. It is random, so the hash needs no salt. */
export const digest = (token: string): Buffer => createHash('sha256').update(token).digest();
