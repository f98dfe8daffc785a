import { baseConfig, brokerConfig, tokenConfig } from '@scrm/platform';
import { z } from 'zod';

/** This service publishes the keys itself, so it needs no address to read them from. */
const { TOKEN_ISSUER, TOKEN_AUDIENCE } = tokenConfig.shape;

const settings = baseConfig.extend({
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
  /** 32 bytes in base64: what the secrets of tenants are encrypted with in the database. Single sign-on needs it. */
  SECRETS_KEY: z
    .base64()
    .refine((key) => Buffer.from(key, 'base64').length === 32, 'must be 32 bytes in base64')
    .optional(),
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
});

export const userConfig = settings.superRefine((config, check) => {
  if (!config.SMTP_URL) return;
  for (const name of ['MAIL_FROM', 'CONSOLE_URL'] as const)
    if (!config[name])
      check.addIssue({ code: 'custom', path: [name], message: 'is needed where SMTP_URL is set' });
});
export type UserConfig = z.infer<typeof userConfig>;
export const USER_CONFIG = Symbol('user-config');
