import type { Audience, ConversationEvent, ConversationEventType, Principal, Role } from '@scrm/contracts';
import { pino } from 'pino';

export const silent = pino({ level: 'silent' });

/** A readable UUID: `id('a', 3)`. */
export const id = (kind: string, n: number) =>
  `0192f3c4-${kind.charCodeAt(0).toString(16).padStart(4, '0')}-7000-8000-${String(n).padStart(12, '0')}`;

export const TENANT = id('t', 1);

export function principal(
  role: Role,
  agent: number,
  teams: number[] = [],
  tenantId: string = TENANT,
): Principal {
  return {
    agentId: id('a', agent),
    tenantId,
    role,
    teamIds: teams.map((n) => id('e', n)),
    sessionId: id('s', agent),
    agentVersion: 1,
    tenantVersion: 1,
    expiresAt: Math.floor(Date.now() / 1000) + 600,
  };
}

/** `audience(1, 2)`: of team 1, assigned to agent 2. */
export const audience = (team: number | null, agent: number | null): Audience => ({
  teamId: team === null ? null : id('e', team),
  assigneeId: agent === null ? null : id('a', agent),
});

export interface EventDraft {
  position: number;
  audience: Audience;
  previousAudience?: Audience;
  conversation?: number;
  seq?: number;
  type?: ConversationEventType;
  text?: string;
  at?: Date;
}

export function conversationEvent(draft: EventDraft): ConversationEvent {
  const { position, conversation = 1, seq = position, type = 'message.received' } = draft;
  const at = (draft.at ?? new Date()).toISOString();
  const conversationId = id('c', conversation);
  const message = {
    id: id('m', position),
    conversationId,
    seq,
    direction: 'in' as const,
    type: 'text',
    content: { body: draft.text ?? `message ${position}` },
    wamid: `wamid.${position}`,
    status: 'received' as const,
    error: null,
    replyTo: null,
    author: null,
    agentId: null,
    occurredAt: at,
    createdAt: at,
  };
  return {
    position,
    conversationId,
    seq,
    type,
    audience: draft.audience,
    ...(draft.previousAudience && { previousAudience: draft.previousAudience }),
    occurredAt: at,
    data: {
      ...(type !== 'conversation.updated' && { message }),
      conversation: {
        id: conversationId,
        senderId: id('n', 1),
        contact: { id: id('k', 1), name: 'Ada', username: null, waId: null, userId: null, groupId: null },
        ...draft.audience,
        status: 'open',
        unreadCount: 0,
        windowExpiresAt: null,
        lastMessage: null,
        lastSeq: seq,
        createdAt: at,
        updatedAt: at,
      },
    },
  };
}
