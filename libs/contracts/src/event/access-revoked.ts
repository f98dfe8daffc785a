import { z } from 'zod';
import { defineEvent } from '../contract';
import { uuid } from '../uuid';

/**
 * What ended: every access token of an agent or of a tenant that says an older version than this, or every one of a
 * session.
 */
export const revocation = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tenant'), id: uuid, version: z.number().int() }),
  z.object({ kind: z.literal('agent'), id: uuid, version: z.number().int() }),
  z.object({ kind: z.literal('session'), id: uuid }),
]);
export type Revocation = z.infer<typeof revocation>;

/** Access tokens that ended before their time. A hint: the list that the user service publishes has it, too. */
export const accessRevoked = defineEvent(
  'user.access.revoked.v1',
  z.object({ revocations: z.array(revocation) }),
);
