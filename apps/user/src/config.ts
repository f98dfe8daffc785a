import { baseConfig, brokerConfig, tokenConfig } from '@scrm/platform';
import { z } from 'zod';

/** This service publishes the keys itself, so it needs no address to read them from. */
const { TOKEN_ISSUER, TOKEN_AUDIENCE } = tokenConfig.shape;

export const userConfig = baseConfig.extend({
  ...brokerConfig.shape,
  TOKEN_ISSUER,
  TOKEN_AUDIENCE,
  DATABASE_URL: z.string().startsWith('postgres'),
  /** Also how long a list of those that ended before their time is kept: at most twelve minutes. */
  ACCESS_TOKEN_TTL_S: z.coerce.number().int().min(30).max(600).default(600),
  /** After this long an agent signs in again. */
  REFRESH_TOKEN_TTL_DAYS: z.coerce.number().min(1).max(365).default(30),
  /** How long the link of an invitation is good. */
  INVITATION_TTL_DAYS: z.coerce.number().min(0.01).max(90).default(7),
  /** A ws pod that was not heard for so long is gone. It speaks every ten seconds. */
  PRESENCE_LEASE_S: z.coerce.number().min(30).max(600).default(30),
  /** Who has no socket any more is offline after this. */
  PRESENCE_GRACE_S: z.coerce.number().min(0).max(3_600).default(60),
});
export type UserConfig = z.infer<typeof userConfig>;
export const USER_CONFIG = Symbol('user-config');
