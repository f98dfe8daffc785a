import { z } from 'zod';
import { defineRpc } from '../contract';

export const sessionTokens = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  /** Seconds until the access token ends. */
  expiresIn: z.number().int(),
});
export type SessionTokens = z.infer<typeof sessionTokens>;

/** Sign in. Errors: invalid_credentials, too_many_requests. */
export const sessionCreate = defineRpc(
  'user.session.create.v1',
  z.object({ email: z.string(), password: z.string() }),
  sessionTokens,
);

/** Trade a refresh token for new tokens; the old one ends. Errors: unauthenticated. */
export const sessionRefresh = defineRpc(
  'user.session.refresh.v1',
  z.object({ refreshToken: z.string() }),
  sessionTokens,
);
