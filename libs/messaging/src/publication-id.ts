import { randomBytes } from 'node:crypto';

const prefix = randomBytes(6).toString('hex');
let counter = 0;

/** Unique among all processes; cheaper than a UUID on the hot road. */
export const uuidKey = (): string => `${prefix}-${(counter++).toString(36)}`;
