import { z } from 'zod';
import { defineRpc } from '../contract';
import { CURSOR_MAX, line, sortBy, timestamp } from '../views';
import { uuid } from '../uuid';

export const sessionTokens = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  /** Seconds until the access token ends. */
  expiresIn: z.number().int(),
});
export type SessionTokens = z.infer<typeof sessionTokens>;

/**
 * Sign in. Errors: invalid_credentials; too_many_requests; sso_required; mfa_required and mfa_enrolment_required, with a
 * challenge: the password was right, and there is another step.
 */
export const sessionCreate = defineRpc(
  'user.session.create.v1',
  z.object({
    email: z.string(),
    password: z.string(),
    /** What the device says of itself, and where it is: shown to the agent, in the list of their sessions. */
    userAgent: z.string().max(500).optional(),
    ip: z.string().max(45).optional(),
  }),
  sessionTokens,
);

/** Trade a refresh token for new tokens; the old one ends. Errors: unauthenticated. */
export const sessionRefresh = defineRpc(
  'user.session.refresh.v1',
  z.object({ refreshToken: z.string() }),
  sessionTokens,
);

export const sessionView = z.object({
  id: uuid,
  /** The one that asks. */
  current: z.boolean(),
  userAgent: z.string().nullable(),
  ip: z.string().nullable(),
  createdAt: timestamp,
  /** When tokens were last handed out. */
  lastUsedAt: timestamp,
  expiresAt: timestamp,
});
export type SessionView = z.infer<typeof sessionView>;

export const sessionSort = sortBy('createdAt', 'lastUsedAt');

/**
 * The caller's own sessions that are alive, last used first or by `sort`, thirty where no limit is given; with `q`
 * those with it in their device or address. Errors: invalid_cursor.
 */
export const sessionList = defineRpc(
  'user.session.list.v1',
  z.object({
    cursor: z.string().max(CURSOR_MAX).optional(),
    limit: z.number().int().min(1).max(100).optional(),
    sort: sessionSort.optional(),
    q: line(100).optional(),
  }),
  // Optional, because a user service from before there were pages does not say it.
  z.object({ items: z.array(sessionView), nextCursor: z.string().nullable().optional() }),
);

/**
 * Ends one of the caller's own sessions, all but the one that asks, or all: its refresh token is refused, its access
 * tokens end, its sockets are closed. Errors: not_found.
 */
export const sessionRevoke = defineRpc(
  'user.session.revoke.v1',
  z.object({ which: z.union([uuid, z.enum(['current', 'others', 'all'])]) }),
  z.object({ revoked: z.number().int() }),
);
