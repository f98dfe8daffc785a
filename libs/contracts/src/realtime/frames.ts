import { z } from 'zod';
import { CONVERSATION_EVENT_TYPES, conversationEvent } from '../event/conversation-changed';
import { roleRef } from '../access';
import { agentPresence, timestamp } from '../views';
import { uuid } from '../uuid';

/** What a client may say on the socket. The first frame is `auth`. */
export const clientFrame = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('auth'),
    token: z.string().min(1).max(8_192),
    /** The last cursor that the client rendered: the server goes on after it. */
    cursor: z.string().max(500).optional(),
  }),
  z.object({ type: z.literal('ping'), id: z.union([z.string().max(100), z.number()]).optional() }),
]);
export type ClientFrame = z.infer<typeof clientFrame>;

export const readyFrame = z.object({
  type: z.literal('ready'),
  /** Where the client stands now. */
  cursor: z.string(),
  /** True where the given cursor was taken up: what was missed follows. */
  resumed: z.boolean(),
  agent: z.object({ id: uuid, tenantId: uuid, role: roleRef }),
  /** When the access token ends: send a fresh `auth` frame before. */
  expiresAt: timestamp,
});
export const resetFrame = z.object({
  type: z.literal('reset'),
  /** Load the lists again by REST, then go on from this cursor. */
  cursor: z.string(),
  reason: z.enum(['cursor_too_old', 'too_many_missed', 'unknown_cursor']),
});
export const pongFrame = z.object({
  type: z.literal('pong'),
  id: z.union([z.string(), z.number()]).optional(),
  /**
   * Where the client stands now. In a busy tenant it moves on though nothing of it is for this agent: a client that
   * keeps it resumes from here, not from the last event that it was shown.
   */
  cursor: z.string().optional(),
});
export const errorFrame = z.object({
  type: z.literal('error'),
  code: z.enum(['malformed_frame', 'unauthenticated', 'not_ready', 'too_many_frames', 'internal']),
  detail: z.string(),
});
export const presenceFrame = z.object({
  type: z.literal('presence'),
  /** Colleagues who came, went, or said something else of themselves. */
  agents: z.array(agentPresence),
  /** Changes may have been missed: load the list of agents again. */
  missed: z.literal(true).optional(),
});
export const eventFrame = conversationEvent
  .omit({ position: true, audience: true, previousAudience: true, traceId: true })
  .extend({ type: z.enum(CONVERSATION_EVENT_TYPES), cursor: z.string() });
export type EventFrame = z.infer<typeof eventFrame>;

/** What the server says on the socket. */
export const serverFrame = z.union([
  readyFrame,
  resetFrame,
  pongFrame,
  errorFrame,
  presenceFrame,
  eventFrame,
]);
export type ServerFrame = z.infer<typeof serverFrame>;

/** Why the server closes a socket. */
export const CLOSE_CODES = {
  1008: 'Too many frames, or frames that nobody can read',
  1009: 'A frame over 64 KiB',
  1012: 'The pod restarts: connect again with your cursor',
  1013: 'Too many sockets, or the client reads too slowly: connect again with your cursor',
  4400: 'The first frame was not `auth`',
  4401: 'The token is missing, forged, expired or revoked, or no `auth` frame came within 15 s: refresh it',
  4403: 'The agent may not use the inbox any more',
  4408: 'No pong came in time',
} as const;

export const SOCKET_LIMITS = {
  authTimeoutMs: 15_000,
  maxFrameBytes: 64 * 1024,
  maxSocketsPerAgent: 10,
  pingIntervalMs: 25_000,
  pongTimeoutMs: 10_000,
  /** A client that lets this much pile up is closed with 1013 and resumes by its cursor. */
  maxBufferedBytes: 1024 * 1024,
  /** Frames a client may send in 10 s. */
  maxFramesPer10s: 100,
  /** More missed events than this, and the client gets `reset`. */
  maxResumeEvents: 5_000,
} as const;
