import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { Screen } from '../screen.mjs';

const CONVERSATION = '0193a5c2-7e11-7abc-8def-012345678901';

test(
  'a screen tells messages, other changes of conversations, and what is neither, apart',
  { timeout: 10_000 },
  async (t) => {
    const pod = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(pod, 'listening');
    const { port } = /** @type {import('node:net').AddressInfo} */ (pod.address());
    /** @type {unknown[]} */
    const heard = [];
    const screen = new Screen({
      agent: { email: 'a@demo.test', token: () => Promise.resolve('token') },
      urls: [`ws://127.0.0.1:${port}`],
      first: 0,
      account: /** @type {any} */ ({
        change: (/** @type {string} */ id, /** @type {number} */ seq) => heard.push(['change', id, seq]),
        message: (/** @type {number} */ n) => heard.push(['message', n]),
      }),
      numberOf: (wamid) => Number(wamid.slice(1)),
      onOther: ({ type, data }) => heard.push([type, data.message.status]),
    });
    t.after(() => {
      screen.close();
      pod.close();
    });
    const [socket] = await once(pod, 'connection');
    const event = (/** @type {string} */ type, /** @type {number} */ seq, /** @type {object} */ message) => ({
      type,
      conversationId: CONVERSATION,
      seq,
      occurredAt: '2026-11-30T10:00:00.000Z',
      data: { message },
      cursor: 'c',
    });
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    for (const frame of [
      { type: 'ready', cursor: 'c', expiresAt },
      { type: 'presence', agents: [{ id: CONVERSATION, presence: 'online' }] },
      event('message.received', 1, { wamid: 'w7' }),
      event('message.updated', 2, { status: 'sent' }),
    ])
      socket.send(JSON.stringify(frame));
    await screen.untilLive();
    while (heard.length < 4) await new Promise(setImmediate);
    assert.deepEqual(heard, [
      ['change', CONVERSATION, 1],
      ['message', 7],
      ['change', CONVERSATION, 2],
      ['message.updated', 'sent'],
    ]);
  },
);
