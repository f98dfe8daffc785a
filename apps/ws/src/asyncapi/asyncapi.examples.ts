import type { ClientFrame, ConversationView, EventFrame, MessageView, ServerFrame } from '@scrm/contracts';

const CONVERSATION = '0192f3c4-6b1e-7a90-8d0e-3c5a1f7b2e10';
const MESSAGE = '0192f3c4-6b1f-7c21-9a44-5e0d2b8c6f31';
const CURSOR = 'NDIuMDE5MmYzYzQ';
const AT = '2026-11-20T09:15:30.120Z';

const message: MessageView = {
  id: MESSAGE,
  conversationId: CONVERSATION,
  seq: 7,
  direction: 'in',
  type: 'text',
  content: { body: 'Is my order on its way?' },
  wamid: 'wamid.HBgLMTU1NTAxMDAxMjM',
  status: 'received',
  error: null,
  replyTo: null,
  author: null,
  agentId: null,
  occurredAt: AT,
  createdAt: AT,
};

const conversation: ConversationView = {
  id: CONVERSATION,
  senderId: '0192f3c4-0a00-7e11-8b22-9c3d4e5f6071',
  contact: {
    id: '0192f3c4-0b00-7d4c-a1b2-7f6e5d4c3b2a',
    name: 'Ada',
    username: null,
    waId: '15550100123',
    userId: null,
    groupId: null,
  },
  teamId: '0192f3c4-0c00-7b5a-9c8d-1a2b3c4d5e6f',
  assigneeId: null,
  status: 'open',
  unreadCount: 1,
  windowExpiresAt: '2026-11-21T09:15:30.000Z',
  lastMessage: {
    id: MESSAGE,
    direction: 'in',
    type: 'text',
    preview: 'Is my order on its way?',
    occurredAt: AT,
  },
  lastSeq: 7,
  createdAt: '2026-11-19T16:02:11.000Z',
  updatedAt: AT,
};

export type FrameName = 'auth' | 'ping' | 'ready' | 'reset' | 'event' | 'presence' | 'pong' | 'error';

/** One of each frame; a test holds them against the schemas. */
export const EXAMPLES: Record<'auth' | 'ping', ClientFrame> &
  Record<'ready' | 'reset' | 'presence' | 'pong' | 'error', ServerFrame> & { event: EventFrame } = {
  auth: { type: 'auth', token: '<access token>', cursor: CURSOR },
  ping: { type: 'ping', id: 1 },
  ready: {
    type: 'ready',
    cursor: CURSOR,
    resumed: true,
    agent: {
      id: '0192f3c4-0d00-7c6b-8d9e-2b3c4d5e6f70',
      tenantId: '0192f3c4-0e00-7d7c-9eaf-3c4d5e6f7081',
      role: 'agent',
    },
    expiresAt: '2026-11-20T09:25:30.000Z',
  },
  reset: { type: 'reset', cursor: CURSOR, reason: 'too_many_missed' },
  event: {
    type: 'message.received',
    conversationId: CONVERSATION,
    seq: 7,
    occurredAt: AT,
    data: { message, conversation },
    cursor: CURSOR,
  },
  presence: {
    type: 'presence',
    agents: [{ id: '0192f3c4-0d00-7c6b-8d9e-2b3c4d5e6f70', presence: 'busy' }],
  },
  pong: { type: 'pong', id: 1, cursor: CURSOR },
  error: { type: 'error', code: 'malformed_frame', detail: 'The frame is not JSON.' },
};
