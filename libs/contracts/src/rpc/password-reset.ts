import { z } from 'zod';
import { defineRpc } from '../contract';
import { emailAddress } from '../views';

/**
 * Sends a link to whoever has this email, if it is an agent's. The answer is the same for every email.
 *
 * Errors: no_mail; too_many_requests.
 */
export const passwordResetCreate = defineRpc(
  'user.password-reset.create.v1',
  z.object({
    email: emailAddress,
    /** From where: what one address asks for one account is counted. */
    ip: z.string().max(45).optional(),
  }),
  z.object({ validForMinutes: z.number().int() }),
);

/**
 * Sets the password by the token of the link, once, and signs its owner out everywhere.
 *
 * Errors: password_reset_over; weak_password; too_many_requests.
 */
export const passwordResetConfirm = defineRpc(
  'user.password-reset.confirm.v1',
  z.object({ token: z.string().max(100), password: z.string().max(1024) }),
  z.object({ email: z.string() }),
);
