import { z } from 'zod';
import { defineEvent } from '../contract';

/**
 * What ended: every access token of an agent or of a tenant that says an older version than this, or every one of a
 * session.
 */
export const revocation = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tenant'), id: z.uuid(), version: z.number().int() }),
  z.object({ kind: z.literal('agent'), id: z.uuid(), version: z.number().int() }),
  z.object({ kind: z.literal('session'), id: z.uuid() }),
]);
export type Revocation = z.infer<typeof revocation>;

/** Access tokens that ended before their time. A hint: the list that the user service publishes has it, too. */
export const accessRevoked = defineEvent(
  'user.access.revoked.v1',
  z.object({ revocations: z.array(revocation) }),
);
