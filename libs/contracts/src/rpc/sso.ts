import { z } from 'zod';
import { defineRpc } from '../contract';
import { emailAddress, line, timestamp } from '../views';
import { sessionTokens } from './session';
import { uuid } from '../uuid';

const settings = {
  /** As the identity provider says it of itself; its configuration is found below it. */
  issuer: line(500),
  clientId: line(500),
  /** Of the emails that may come in by it: `kopi.example`. */
  domains: z
    .array(
      line(253)
        .toLowerCase()
        .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/),
    )
    .min(1)
    .max(50),
  enabled: z.boolean(),
  /** Whoever is no admin signs in this way only. */
  enforced: z.boolean(),
};

export const ssoConnectionView = z.object({
  ...settings,
  /** What the provider has to know of us. */
  redirectUri: z.string(),
});
export type SsoConnectionView = z.infer<typeof ssoConnectionView>;

/** The single sign-on of the tenant; never its secret. Errors: not_found. */
export const ssoConnectionGet = defineRpc('user.sso-connection.get.v1', z.object({}), ssoConnectionView);

/**
 * Sets it up, or changes it. The secret may be left out where issuer and client stay the same: then it stays, too.
 *
 * Errors: invalid_request; no_sso; forbidden (the caller may do less than an admin, and the provider says who is one).
 */
export const ssoConnectionPut = defineRpc(
  'user.sso-connection.put.v1',
  z.object({ ...settings, clientSecret: z.string().min(1).max(1000).optional() }),
  ssoConnectionView,
);

/** Answers with it as it was. Who was linked to their account at the provider is forgotten. Errors: not_found. */
export const ssoConnectionDelete = defineRpc(
  'user.sso-connection.delete.v1',
  z.object({}),
  ssoConnectionView,
);

/**
 * Where the browser goes, for an agent by their email or for a tenant. What comes back is good once, for ten minutes, and
 * only together with `secret`, which stays in the browser that asked.
 *
 * Errors: not_found (no single sign-on for them); no_sso; sso_provider_unavailable; too_many_requests.
 */
export const ssoSignInStart = defineRpc(
  'user.sso-sign-in.start.v1',
  z.object({
    email: emailAddress.optional(),
    tenantId: uuid.optional(),
    ip: z.string().max(45).optional(),
  }),
  z.object({ url: z.string(), secret: z.string(), expiresAt: timestamp }),
);

/**
 * Signs in by what the provider answered. Nobody is created: it takes an active agent of the tenant with this email,
 * verified by the provider, or one who was linked by that before.
 *
 * Errors: sso_over; sso_refused; sso_provider_unavailable.
 */
export const ssoSignInFinish = defineRpc(
  'user.sso-sign-in.finish.v1',
  z.object({
    state: z.string().max(100),
    code: z.string().max(4000),
    secret: z.string().max(100),
    /** `iss` of the answer, where there is one. */
    issuer: z.string().max(500).optional(),
    userAgent: z.string().max(500).optional(),
    ip: z.string().max(45).optional(),
  }),
  sessionTokens,
);
