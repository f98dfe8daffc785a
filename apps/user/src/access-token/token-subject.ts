import type { Principal } from '@scrm/contracts';

/** Whom an access token speaks for; its end is added when it is made. */
export type TokenSubject = Omit<Principal, 'expiresAt'>;
