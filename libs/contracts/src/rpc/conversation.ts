import { z } from 'zod';
import { defineRpc } from '../contract';
import { conversationView, messageView, pageOf, pageQuery } from '../views';
import { uuid } from '../uuid';

/** The inbox of the caller, last active first. Errors: invalid_cursor. */
export const conversationList = defineRpc(
  'waba.conversation.list.v1',
  pageQuery.extend({
    status: z.enum(['open', 'closed']).optional(),
    senderId: uuid.optional(),
    assigneeId: z.union([uuid, z.literal('none')]).optional(),
  }),
  pageOf(conversationView),
);

/** Errors: not_found (also where the caller may not see it). */
export const conversationGet = defineRpc(
  'waba.conversation.get.v1',
  z.object({ conversationId: uuid }),
  conversationView,
);

/** Opens (or finds) the conversation of a sender with a phone number, so that a template can be sent. */
export const conversationOpen = defineRpc(
  'waba.conversation.open.v1',
  z.object({ senderId: uuid, phone: z.string().max(40), name: z.string().max(200).optional() }),
  conversationView,
);

/** Sets the unread count to zero. Errors: not_found. */
export const conversationRead = defineRpc(
  'waba.conversation.read.v1',
  z.object({ conversationId: uuid }),
  conversationView,
);

/**
 * Hands a conversation to an agent, to a team, or (null) back to the team's pool. Errors: not_found (also an agent or
 * a team that the tenant does not have); forbidden; conflict (the agent is not active).
 */
export const conversationAssign = defineRpc(
  'waba.conversation.assign.v1',
  z.object({
    conversationId: uuid,
    assigneeId: uuid.nullable().optional(),
    teamId: uuid.optional(),
  }),
  conversationView,
);

/** Messages of a conversation, newest first. Errors: not_found, invalid_cursor. */
export const messageList = defineRpc(
  'waba.message.list.v1',
  pageQuery.extend({ conversationId: uuid }),
  pageOf(messageView),
);

/**
 * Accepts a message for sending; it is stored when this answers. `message` is a body in Meta's own shape without the
 * addressing fields, e.g. `{type:"text", text:{body}}`.
 * Errors: not_found, invalid_message, window_closed, template_not_usable, idempotency_key_reused.
 */
export const messageSend = defineRpc(
  'waba.message.send.v1',
  z.object({
    conversationId: uuid,
    idempotencyKey: z.string().min(1).max(255),
    message: z.record(z.string(), z.unknown()),
  }),
  messageView,
);
