import { z } from 'zod';
import { defineEvent } from '../contract';
import { conversationView, messageView, timestamp } from '../views';
import { uuid } from '../uuid';

/** What can happen in a conversation, as an agent's screen hears of it. */
export const CONVERSATION_EVENT_TYPES = [
  'message.received',
  'message.queued',
  'message.sent',
  'message.status',
  'message.updated',
  'conversation.updated',
] as const;
export type ConversationEventType = (typeof CONVERSATION_EVENT_TYPES)[number];

/**
 * One visible change. `position` is gapless in the tenant and `seq` is gapless in the conversation; both follow the
 * order of commit, so whoever has position N has everything before N.
 */
export const conversationEvent = z.object({
  position: z.number().int().positive(),
  conversationId: uuid,
  seq: z.number().int().positive(),
  type: z.enum(CONVERSATION_EVENT_TYPES),
  /** Who may see it, as it was at the moment of the change. */
  audience: z.object({ teamId: uuid.nullable(), assigneeId: uuid.nullable() }),
  /** Who could see the conversation before, where the change took it away from them. */
  previousAudience: z.object({ teamId: uuid.nullable(), assigneeId: uuid.nullable() }).optional(),
  occurredAt: timestamp,
  /** Follows what caused the change through all services' logs. Absent where nothing did but the clock. */
  traceId: z.string().optional(),
  /** When the delivery that caused it came in from Meta. Absent in history, and where it was caused here. */
  receivedAt: timestamp.optional(),
  data: z.object({ message: messageView.optional(), conversation: conversationView }),
});
export type ConversationEvent = z.infer<typeof conversationEvent>;

/**
 * Visible changes of one tenant, in order: those that one transaction committed, or some that were published before
 * and may have been lost on the way. Whoever follows the stream goes by the positions.
 */
export const conversationChanged = defineEvent(
  'waba.conversation.changed.v1',
  z.object({
    tenantId: uuid,
    /** Names the life of the stream: positions of another epoch can't be compared. */
    epoch: z.string(),
    events: z.array(conversationEvent).min(1),
  }),
);
