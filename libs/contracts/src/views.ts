import { z } from 'zod';
import { uuid } from './uuid';

/**
 * One line of text: without control characters, and without halves of characters. PostgreSQL stores no NUL, its JSON no
 * half, and no list shows a line break.
 */
export const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be one line, without control characters');
/** A {@link line} that says something; blanks around it are dropped. */
export const nameOf = (most: number) => line(most).trim().min(1);

/** What somebody signs in with: lower case, without blanks around it. */
export const emailAddress = z.string().trim().toLowerCase().max(320).pipe(z.email());

/** A time as RFC 3339 in UTC. */
export const timestamp = z.iso.datetime();

/** Whether an agent is there. `offline` is also what those chose who are there and do not want to be seen. */
export const PRESENCES = ['online', 'busy', 'away', 'offline'] as const;
export type Presence = (typeof PRESENCES)[number];

/** What a colleague's presence became. */
export const agentPresence = z.object({ id: uuid, presence: z.enum(PRESENCES) });
export type AgentPresence = z.infer<typeof agentPresence>;

export const MESSAGE_STATUSES = [
  'received',
  'queued',
  'sending',
  'sent',
  'delivered',
  'read',
  'played',
  'failed',
  'unknown',
] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

export const messageErrorView = z.object({
  code: z.number().int(),
  title: z.string().optional(),
  details: z.string().optional(),
});

/** A message as the API and the socket show it. */
export const messageView = z.object({
  id: uuid,
  conversationId: uuid,
  /** Position in the conversation: grows by one with each visible change of it. */
  seq: z.number().int().positive(),
  direction: z.enum(['in', 'out']),
  /** WhatsApp's own name of the type (`text`, `image`, ...); `unsupported` where nobody could know it. */
  type: z.string(),
  /** The body in WhatsApp's own shape: for `{type:"text"}` it is `{body}`. */
  content: z.unknown(),
  /** WhatsApp's id (`wamid...`); null until WhatsApp accepted an outgoing message. */
  wamid: z.string().nullable(),
  status: z.enum(MESSAGE_STATUSES),
  error: messageErrorView.nullable(),
  /** The message that this one answers, by WhatsApp's id. */
  replyTo: z.string().nullable(),
  /** In a group: who of it wrote. */
  author: z.string().nullable(),
  /** The agent who sent it. */
  agentId: uuid.nullable(),
  /** Inbound: the customer's time, by WhatsApp. Outgoing: when it was accepted. */
  occurredAt: timestamp,
  createdAt: timestamp,
});
export type MessageView = z.infer<typeof messageView>;

export const contactView = z.object({
  id: uuid,
  name: z.string().nullable(),
  username: z.string().nullable(),
  waId: z.string().nullable(),
  userId: z.string().nullable(),
  groupId: z.string().nullable(),
});

export const conversationView = z.object({
  id: uuid,
  senderId: uuid,
  contact: contactView,
  teamId: uuid.nullable(),
  assigneeId: uuid.nullable(),
  status: z.enum(['open', 'closed']),
  unreadCount: z.number().int().nonnegative(),
  /** Free text may be sent until then; null if the customer never wrote. */
  windowExpiresAt: timestamp.nullable(),
  lastMessage: z
    .object({
      id: uuid,
      direction: z.enum(['in', 'out']),
      type: z.string(),
      preview: z.string(),
      occurredAt: timestamp,
    })
    .nullable(),
  lastSeq: z.number().int().nonnegative(),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export type ConversationView = z.infer<typeof conversationView>;

export const senderView = z.object({
  id: uuid,
  name: z.string(),
  displayPhoneNumber: z.string(),
  phoneNumberId: z.string(),
  defaultTeamId: uuid.nullable(),
  status: z.enum(['active', 'paused']),
  pausedReason: z.string().nullable(),
});
export type SenderView = z.infer<typeof senderView>;

export const templateView = z.object({
  id: uuid,
  name: z.string(),
  language: z.string(),
  category: z.string(),
  status: z.string(),
  components: z.array(z.unknown()),
});
export type TemplateView = z.infer<typeof templateView>;

export const webhookDeliveryView = z.object({
  id: uuid,
  receivedAt: timestamp,
  /** `processed`; `poison`: signed but not JSON; `unrouted`: for a number that nobody registered; `quarantined`. */
  status: z.enum(['processed', 'poison', 'unrouted', 'quarantined']),
  reason: z.string().nullable(),
  attempts: z.number().int(),
  replayedAt: timestamp.nullable(),
});
export type WebhookDeliveryView = z.infer<typeof webhookDeliveryView>;

/** A page of a list. `nextCursor` is null on the last one. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** A cursor says where its page ended, and a name of 200 characters may take 800 bytes. */
export const CURSOR_MAX = 2_000;

export const pageQuery = z.object({
  cursor: z.string().max(CURSOR_MAX).optional(),
  limit: z.number().int().min(1).max(100).default(30),
});

/** By what a list can be sorted: each key, and with `-` the other way round. */
export const sortBy = <Key extends string>(...keys: Key[]) =>
  z.enum(keys.flatMap((key) => [key, `-${key}` as const]));
