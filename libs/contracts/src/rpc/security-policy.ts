import { z } from 'zod';
import { roleRef } from '../access';
import { MOST_ROLES } from './role';
import { defineRpc } from '../contract';

export const securityPolicy = z.object({
  /** Whoever has one of these roles signs in with a second factor. */
  mfaRequiredRoles: z.array(roleRef).max(MOST_ROLES),
});
export type SecurityPolicy = z.infer<typeof securityPolicy>;

export const securityPolicyGet = defineRpc('user.security-policy.get.v1', z.object({}), securityPolicy);

/**
 * Takes effect at once: who has such a role and no second factor is signed out, and sets one up when they sign in.
 *
 * Errors: conflict (it would sign the caller out: they have none themselves); not_found (a role).
 */
export const securityPolicyUpdate = defineRpc(
  'user.security-policy.update.v1',
  securityPolicy,
  securityPolicy,
);
