import {
  clientFrame,
  CLOSE_CODES,
  CONVERSATION_EVENT_TYPES,
  errorFrame,
  eventFrame,
  pongFrame,
  presenceFrame,
  readyFrame,
  resetFrame,
  SOCKET_LIMITS,
} from '@scrm/contracts';
import { z } from 'zod';
import { EXAMPLES, type FrameName } from './asyncapi.examples';

const [authFrame, pingFrame] = clientFrame.options;

const FRAMES: Record<FrameName, { schema: z.ZodType; title: string; summary: string }> = {
  auth: {
    schema: authFrame,
    title: 'Sign in, or stay signed in',
    summary:
      'The first frame. `cursor` is the last one that the client rendered: what it missed since follows `ready`. ' +
      'Sent again with a fresh token before `expiresAt`, it keeps the socket alive.',
  },
  ping: { schema: pingFrame, title: 'Are you there?', summary: 'Answered by `pong` with the same id.' },
  ready: {
    schema: readyFrame,
    title: 'You are in',
    summary: 'Answers `auth`. With `resumed: true` all events after the given cursor follow, none twice.',
  },
  reset: {
    schema: resetFrame,
    title: 'Load again',
    summary: 'What was missed cannot be replayed: load the lists by REST, and go on from this cursor.',
  },
  event: {
    schema: eventFrame,
    title: 'Something changed in a conversation',
    summary:
      `One of ${CONVERSATION_EVENT_TYPES.join(', ')}. Keep \`cursor\` after it is rendered. A ` +
      '`conversation.updated` may say that the conversation is no longer yours.',
  },
  presence: {
    schema: presenceFrame,
    title: 'Colleagues came or went',
    summary:
      'What the list of agents says of them now. It has no cursor and is not sent again: load that list after `ready`, ' +
      'and where `missed` is true.',
  },
  pong: {
    schema: pongFrame,
    title: 'Here I am',
    summary: 'Its `cursor` is where the client stands: keep it too, it moves on though nothing is shown.',
  },
  error: {
    schema: errorFrame,
    title: 'That did not work',
    summary: 'Says why, in `detail`. Where the socket cannot go on, a close frame follows.',
  },
};
const FROM_CLIENT: FrameName[] = ['auth', 'ping'];
const FROM_SERVER: FrameName[] = ['ready', 'reset', 'event', 'presence', 'pong', 'error'];

/** The socket protocol as AsyncAPI 3.0, from the very schemas that check the frames. */
export function asyncApiDocument(version = '1.0.0') {
  const names = Object.keys(FRAMES) as FrameName[];
  return {
    asyncapi: '3.0.0',
    id: 'urn:scrm:ws',
    info: { title: 'WABA SCRM realtime', version, description: description() },
    defaultContentType: 'application/json',
    servers: {
      here: {
        host: '{host}',
        protocol: 'wss',
        description: 'Any pod: clients move between them and resume by cursor.',
        variables: { host: { description: 'Where this document came from', default: 'localhost' } },
      },
    },
    channels: {
      socket: {
        address: '/ws',
        title: "An agent's socket",
        messages: Object.fromEntries(names.map((n) => [n, { $ref: `#/components/messages/${n}` }])),
        bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
      },
    },
    operations: {
      receiveFromClient: operation('receive', 'What a client may send', FROM_CLIENT),
      sendToClient: operation('send', 'What the server sends', FROM_SERVER),
    },
    components: { messages: Object.fromEntries(names.map((n) => [n, message(n)])) },
    'x-close-codes': CLOSE_CODES,
    'x-limits': SOCKET_LIMITS,
  };
}

function operation(action: 'send' | 'receive', summary: string, frames: FrameName[]) {
  return {
    action,
    summary,
    channel: { $ref: '#/channels/socket' },
    messages: frames.map((name) => ({ $ref: `#/channels/socket/messages/${name}` })),
  };
}

function message(name: FrameName) {
  const { schema, title, summary } = FRAMES[name];
  const { $schema, ...payload } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: FROM_CLIENT.includes(name) ? 'input' : 'output',
  });
  void $schema;
  return { name, title, summary, payload, examples: [{ name, payload: EXAMPLES[name] }] };
}

function description(): string {
  const codes = Object.entries(CLOSE_CODES).map(([code, why]) => `| ${code} | ${why} |`);
  const limits = Object.entries(SOCKET_LIMITS).map(([name, value]) => `| ${name} | ${value} |`);
  return [
    'Agents hear of every change they may see, once and in order. Frames are JSON text.',
    'Connect, send `auth` first, keep the cursor of each frame after you rendered it, and hand it back when you',
    'connect again, to any pod. The token never goes into the URL.',
    '',
    '| Close code | Why |',
    '|---|---|',
    ...codes,
    '',
    '| Limit | Value |',
    '|---|---|',
    ...limits,
    '',
    'Beyond `maxSocketsPerAgent` on one pod the newest socket is refused with 1013; the others stay.',
  ].join('\n');
}
