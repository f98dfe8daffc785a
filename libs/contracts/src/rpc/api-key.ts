import { z } from 'zod';
import { PERMISSIONS, type Permission } from '../access';
import { defineRpc } from '../contract';
import { line, nameOf, pageOf, pageQuery, sortBy, timestamp } from '../views';
import { uuid } from '../uuid';

/** Keys make no keys and no roles: who finds one must not get further than it. */
export const KEY_PERMISSIONS: Permission[] = PERMISSIONS.filter(
  (permission) => permission !== 'api-key.manage' && permission !== 'role.manage',
);
export const KEY_DAYS_MAX = 366;
/** More would be a list that nobody oversees. */
export const MOST_KEYS = 100;

const permissions = z
  .array(z.string())
  .min(1)
  .max(PERMISSIONS.length)
  .superRefine((given, context) => {
    given.forEach((permission, index) => {
      if (!KEY_PERMISSIONS.includes(permission as Permission))
        context.addIssue({ code: 'custom', path: [index], message: 'there is no such permission for a key' });
    });
  })
  .transform((given) => [...new Set(given as Permission[])]);

export const apiKeyView = z.object({
  id: uuid,
  name: z.string(),
  /** Each for everything of the tenant. */
  permissions: z.array(z.string()),
  /** `expired` and `revoked` ones are refused. */
  status: z.enum(['active', 'expired', 'revoked']),
  createdBy: uuid,
  createdAt: timestamp,
  expiresAt: timestamp,
  /** To within ten minutes. */
  lastUsedAt: timestamp.nullable(),
});
export type ApiKeyView = z.infer<typeof apiKeyView>;

export const apiKeySort = sortBy('createdAt', 'name');

/** The newest first, or by `sort`. Errors: invalid_cursor. */
export const apiKeyList = defineRpc(
  'user.api-key.list.v1',
  pageQuery.extend({
    q: line(100).optional(),
    status: apiKeyView.shape.status.optional(),
    sort: apiKeySort.optional(),
  }),
  pageOf(apiKeyView),
);

/**
 * `key` is shown once, and kept nowhere. Errors: forbidden (allows what the caller may not do, or not for everything);
 * conflict (too many live ones).
 */
export const apiKeyCreate = defineRpc(
  'user.api-key.create.v1',
  z.object({
    name: nameOf(100),
    permissions,
    expiresInDays: z.number().int().min(1).max(KEY_DAYS_MAX),
  }),
  apiKeyView.extend({ key: z.string() }),
);

/** It is refused at once. May be repeated. Errors: not_found; forbidden (as for making it). */
export const apiKeyRevoke = defineRpc('user.api-key.revoke.v1', z.object({ apiKeyId: uuid }), apiKeyView);

/** A key for an access token, which speaks for it to all services. Errors: unauthenticated. */
export const apiKeyExchange = defineRpc(
  'user.api-key.exchange.v1',
  z.object({ key: z.string().max(200) }),
  z.object({
    accessToken: z.string(),
    /** Seconds until the access token ends. */
    expiresIn: z.number().int(),
  }),
);

/**
 * Requests that a gateway may let through for a key within the minute; it asks for some at a time. `granted` may be
 * less than `wanted`, also nothing.
 */
export const apiKeyAllow = defineRpc(
  'user.api-key.allow.v1',
  z.object({ tenantId: uuid, apiKeyId: uuid, wanted: z.number().int().min(1).max(10_000) }),
  z.object({
    granted: z.number().int(),
    /** What is left of the minute for the key, after what was granted. */
    remaining: z.number().int(),
    /** How many the key may ask in a minute. */
    limit: z.number().int(),
    /** Seconds until the next minute begins. */
    resetsIn: z.number().int(),
    /** Whose share is used up, where nothing was granted. */
    exhausted: z.enum(['key', 'tenant']).nullable(),
  }),
);
export type ApiKeyAllowance = z.infer<typeof apiKeyAllow.response>;
