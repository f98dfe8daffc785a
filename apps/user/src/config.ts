import { baseConfig, brokerConfig, secretsConfig, tokenConfig, withMasterKeys } from '@scrm/platform';
import { z } from 'zod';

/** This service publishes the keys itself, so it needs no address to read them from. */
const { TOKEN_ISSUER, TOKEN_AUDIENCE } = tokenConfig.shape;

export const userConfig = withMasterKeys(
  baseConfig.extend({
    ...brokerConfig.shape,
    ...secretsConfig.shape,
    TOKEN_ISSUER,
    TOKEN_AUDIENCE,
    DATABASE_URL: z.string().startsWith('postgres'),
    /** Also how long a list of those that ended before their time is kept: at most twelve minutes. */
    ACCESS_TOKEN_TTL_S: z.coerce.number().int().min(30).max(600).default(600),
    /** After this long an agent signs in again. */
    REFRESH_TOKEN_TTL_DAYS: z.coerce.number().min(1).max(365).default(30),
    /** How long the link of an invitation is good. */
    INVITATION_TTL_DAYS: z.coerce.number().min(0.01).max(90).default(7),
    /** How many requests an API key may make in a minute. */
    API_KEY_REQUESTS_PER_MINUTE: z.coerce.number().int().min(1).max(1_000_000).default(600),
    /** How many all API keys of a tenant may make in a minute together. */
    TENANT_REQUESTS_PER_MINUTE: z.coerce.number().int().min(1).max(1_000_000).default(3_000),
    /** A ws pod that was not heard for so long is gone. It speaks every ten seconds. */
    PRESENCE_LEASE_S: z.coerce.number().min(30).max(600).default(30),
    /** Who has no socket any more is offline after this. */
    PRESENCE_GRACE_S: z.coerce.number().min(0).max(3_600).default(60),
    /** The mail server: `smtp://user:password@host:587`, or `smtps://`. Without it no mail goes out. */
    SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
    /** From whom mails are: `WABA SCRM <no-reply@example.com>`, or the address alone. */
    MAIL_FROM: z
      .string()
      .regex(
        /^([^<>\p{Cc}]+ )?<[^<>@\s]+@[^<>@\s]+>$|^[^<>@\s]+@[^<>@\s]+$/u,
        'must be `Name <address>`, or an address',
      )
      .optional(),
    /** Where the console is: what links in mails begin with. */
    CONSOLE_URL: z.url({ protocol: /^https?$/ }).optional(),
  }),
).superRefine((config, check) => {
  if (!config.SMTP_URL) return;
  for (const name of ['MAIL_FROM', 'CONSOLE_URL'] as const)
    if (!config[name])
      check.addIssue({ code: 'custom', path: [name], message: 'is needed where SMTP_URL is set' });
});
export type UserConfig = z.infer<typeof userConfig>;
export const USER_CONFIG = Symbol('user-config');
