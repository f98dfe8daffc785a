/** Agents' sockets by the hundred, and what each of them should see and when. */
import { once } from 'node:events';
import WebSocket from 'ws';

const AT_ONCE = 50;

/** @param {string} kind two hex digits @param {number} n */
export const uuid = (kind, n) => `0192f3c4-00${kind}-7000-8000-${String(n).padStart(12, '0')}`;

/**
 * @param {string} role
 * @param {string} tenantId
 * @param {number} agent
 * @param {number[]} teams
 */
export const who = (role, tenantId, agent, teams) => ({
  role,
  tenantId,
  agentId: uuid('a1', agent),
  sessionId: uuid('51', agent),
  teamIds: teams.map((team) => uuid('e1', team)),
});

/** An event as the worker publishes it, some 1,000 bytes. @param {number} n @param {number} team @param {number | null} agent */
export function draft(n, team, agent) {
  const at = new Date().toISOString();
  const audience = { teamId: uuid('e1', team), assigneeId: agent === null ? null : uuid('a1', agent) };
  const conversationId = uuid('c1', n % 5_000);
  const id = uuid('b1', n);
  const preview = `Is my order on its way? I wrote ${n} times.`;
  const seq = 1 + Math.floor(n / 5_000);
  return {
    conversationId,
    seq,
    type: 'message.received',
    audience,
    occurredAt: at,
    data: {
      message: {
        id,
        conversationId,
        seq,
        direction: 'in',
        type: 'text',
        content: { body: preview },
        wamid: `wamid.${n}`,
        status: 'received',
        error: null,
        replyTo: null,
        author: null,
        agentId: null,
        occurredAt: at,
        createdAt: at,
      },
      conversation: {
        id: conversationId,
        senderId: uuid('d1', 1),
        contact: {
          id: uuid('f1', n % 5_000),
          name: 'Ada',
          username: null,
          waId: '15550100001',
          userId: null,
          groupId: null,
        },
        ...audience,
        status: 'open',
        unreadCount: 1,
        windowExpiresAt: at,
        lastMessage: { id, direction: 'in', type: 'text', preview, occurredAt: at },
        lastSeq: seq,
        createdAt: at,
        updatedAt: at,
      },
    },
  };
}

export class Client {
  /** @type {string | undefined} */
  cursor;
  /** Events so far. */
  events = 0;
  /** Events that came before one that had to come first, or again, or `reset`. */
  wrong = 0;
  last = 0;
  /** @type {(position: number) => void} */
  onEvent = () => {};
  /** @type {(position: number) => number} the position that has to follow this one */
  next = (position) => position + 1;
  /** @type {WebSocket | undefined} */
  socket;

  /** @param {string} token */
  constructor(token) {
    this.token = token;
  }

  /** Opens, signs in, and resolves when the pod says `ready`. @param {string} url */
  async connect(url) {
    const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
    this.socket = socket;
    socket.on('error', () => {});
    const ready = new Promise((resolve, reject) => {
      socket.on('message', (/** @type {Buffer} */ data) => this.#hear(data, resolve));
      socket.on('close', (code, reason) => reject(new Error(`closed with ${code} ${reason}`)));
    });
    ready.catch(() => {});
    await once(socket, 'open');
    const { token, cursor } = this;
    socket.send(JSON.stringify({ type: 'auth', token, ...(cursor && { cursor }) }));
    await ready;
  }

  end() {
    this.socket?.removeAllListeners();
    this.socket?.on('error', () => {});
    this.socket?.terminate();
  }

  /** @param {Buffer} data @param {(value?: unknown) => void} ready */
  #hear(data, ready) {
    const text = data.latin1Slice();
    const at = text.lastIndexOf('"cursor":"') + 10;
    if (at >= 10) this.cursor = text.slice(at, text.indexOf('"', at));
    if (text.startsWith('{"type":"ready"')) {
      if (!this.last) this.last = positionOf(this.cursor);
      ready();
    } else if (text.startsWith('{"type":"message.received"')) {
      const position = positionOf(this.cursor);
      if (position !== this.next(this.last)) this.wrong++;
      this.last = position;
      this.events++;
      this.onEvent(position);
    } else this.wrong++;
  }
}

/** @param {string | undefined} cursor */
const positionOf = (cursor) => Number.parseInt(Buffer.from(cursor ?? '', 'base64url').latin1Slice());

/** Some at a time, as after a restart of a pod. @param {Client[]} clients @param {string} url */
export async function connectAll(clients, url, atOnce = AT_ONCE) {
  const waiting = [...clients];
  const worker = async () => {
    for (let client; (client = waiting.pop());) await client.connect(url);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
