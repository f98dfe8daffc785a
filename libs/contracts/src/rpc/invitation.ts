import { z } from 'zod';
import { defineRpc } from '../contract';
import { timestamp } from '../views';

const token = z.string().max(100);

export const invitationView = z.object({
  name: z.string(),
  email: z.string(),
  tenantName: z.string(),
  expiresAt: timestamp,
});
export type InvitationView = z.infer<typeof invitationView>;

/** What the page of an invitation's link shows. Errors: invitation_over. */
export const invitationGet = defineRpc('user.invitation.get.v1', z.object({ token }), invitationView);

/** Chooses the password; then whoever was invited can sign in. Once. Errors: invitation_over, weak_password. */
export const invitationAccept = defineRpc(
  'user.invitation.accept.v1',
  z.object({ token, password: z.string().max(1024) }),
  z.object({ email: z.string() }),
);
