import type { Audience, ConversationView, MessageView } from '@scrm/contracts';
import { isoTime } from '@scrm/platform';

/** A conversation with its contact, as one row of the queries here. */
export interface ConversationRecord {
  id: string;
  tenant_id: string;
  sender_id: string;
  contact_id: string;
  team_id: string | null;
  assignee_id: string | null;
  status: 'open' | 'closed';
  last_seq: number;
  unread_count: number;
  last_inbound_at: Date | null;
  last_message: ConversationView['lastMessage'];
  last_activity_at: Date;
  created_at: Date;
  updated_at: Date;
  name: string | null;
  profile_name: string | null;
  username: string | null;
  wa_id: string | null;
  user_id: string | null;
  parent_user_id: string | null;
  group_id: string | null;
}

/** Columns of {@link ConversationRecord}: conversation as `v`, contact as `c`. */
export const CONVERSATION_COLUMNS = `
  v.id, v.tenant_id, v.sender_id, v.contact_id, v.team_id, v.assignee_id, v.status, v.last_seq::float8 AS last_seq,
  v.unread_count, v.last_inbound_at, v.last_message, v.last_activity_at, v.created_at, v.updated_at,
  c.name, c.profile_name, c.username, c.wa_id, c.user_id, c.parent_user_id, c.group_id`;

export const WINDOW_MS = 24 * 60 * 60 * 1000;

export function windowExpiresAt(record: Pick<ConversationRecord, 'last_inbound_at'>): Date | null {
  return record.last_inbound_at && new Date(record.last_inbound_at.getTime() + WINDOW_MS);
}

export const audienceOf = (r: Pick<ConversationRecord, 'team_id' | 'assignee_id'>): Audience => ({
  teamId: r.team_id,
  assigneeId: r.assignee_id,
});

export function toConversationView(r: ConversationRecord): ConversationView {
  const expires = windowExpiresAt(r);
  return {
    id: r.id,
    senderId: r.sender_id,
    contact: {
      id: r.contact_id,
      name: r.name ?? r.profile_name,
      username: r.username,
      waId: r.wa_id,
      userId: r.user_id,
      groupId: r.group_id,
    },
    teamId: r.team_id,
    assigneeId: r.assignee_id,
    status: r.status,
    unreadCount: r.unread_count,
    windowExpiresAt: expires && isoTime(expires),
    lastMessage: r.last_message,
    lastSeq: r.last_seq,
    createdAt: isoTime(r.created_at),
    updatedAt: isoTime(r.updated_at),
  };
}

/** A message as one row of the queries here. */
export interface MessageRecord {
  id: string;
  tenant_id: string;
  conversation_id: string;
  sender_id: string;
  seq: number;
  direction: 'in' | 'out';
  type: string;
  content: unknown;
  wamid: string | null;
  status: MessageView['status'];
  status_times: Record<string, string>;
  error: MessageView['error'];
  reply_to: string | null;
  author: string | null;
  agent_id: string | null;
  occurred_at: Date;
  created_at: Date;
  trace_id: string | null;
}

export const MESSAGE_COLUMNS = `
  m.id, m.tenant_id, m.conversation_id, m.sender_id, m.seq::float8 AS seq, m.direction, m.type, m.content, m.wamid,
  m.status, m.status_times, m.error, m.reply_to, m.author, m.agent_id, m.occurred_at, m.created_at, m.trace_id`;

export function toMessageView(r: MessageRecord): MessageView {
  return {
    id: r.id,
    conversationId: r.conversation_id,
    seq: r.seq,
    direction: r.direction,
    type: r.type,
    content: r.content,
    wamid: r.wamid,
    status: r.status,
    error: r.error,
    replyTo: r.reply_to,
    author: r.author,
    agentId: r.agent_id,
    occurredAt: isoTime(r.occurred_at),
    createdAt: isoTime(r.created_at),
  };
}
