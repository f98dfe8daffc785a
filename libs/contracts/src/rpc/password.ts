import { z } from 'zod';
import { defineRpc } from '../contract';

/**
 * Changes the caller's own password and signs them out everywhere else.
 *
 * Errors: invalid_credentials (the current one is wrong); weak_password; too_many_requests.
 */
export const passwordChange = defineRpc(
  'user.password.change.v1',
  z.object({
    currentPassword: z.string().max(1024),
    newPassword: z.string().max(1024),
    /** From where, as in signing in: wrong ones are counted. */
    ip: z.string().max(45).optional(),
  }),
  z.object({ revoked: z.number().int() }),
);
