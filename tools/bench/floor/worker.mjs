/** From the queues to the database to the pods: what comes while one batch is stored is the next one. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { EVENTS, inboundQueue, openChannel, PARTITIONS } from './broker.mjs';
import { openStore } from './store.mjs';

const MAX_BATCH = 100;
const PREFETCH = 400;

const { store } = await openStore();
const channel = await openChannel();
/** @type {import('amqplib').ConsumeMessage[]} */
let waiting = [];
/** Batches in the order in which they were taken: an ack speaks for everything before it. @type {{ last: any, done: boolean }[]} */
const taken = [];
let running = false;

await channel.prefetch(PREFETCH / PARTITIONS);
for (let p = 0; p < PARTITIONS; p++)
  await channel.consume(inboundQueue(p), (message) => {
    if (!message) process.exit(1);
    waiting.push(message);
    if (!running) void work();
  });
createServer((_, response) => response.end()).listen(Number(process.env.PORT), '127.0.0.1');

async function work() {
  running = true;
  while (waiting.length > 0) {
    const messages = waiting.slice(0, MAX_BATCH);
    waiting = waiting.slice(MAX_BATCH);
    const batch = { last: messages.at(-1), done: false };
    taken.push(batch);
    // A failure ends the process: it is started again and finds all of it in the queues.
    const stored = await store(messages.map(({ content }) => read(content)));
    const events = Buffer.from(stored.map((item) => `${item.number} ${frameOf(item)}`).join('\n'));
    channel.publish(EVENTS, '', events, {}, (error) => {
      if (error) process.exit(1);
      batch.done = true;
      let last;
      while (taken[0]?.done) last = taken.shift()?.last;
      if (last) channel.ack(last, true);
    });
  }
  running = false;
}

/** @param {Buffer} raw @returns {import('./store.mjs').Item} */
function read(raw) {
  const { metadata, contacts, messages } = JSON.parse(raw.toString()).entry[0].changes[0].value;
  const [{ from, id, text }] = messages;
  const { name } = contacts[0].profile;
  return { wamid: id, number: metadata.phone_number_id, customer: from, name, body: text.body, raw };
}

/** As the product's frames are, field by field. @param {import('./store.mjs').Stored} stored */
function frameOf({ wamid, number, customer, name, body, conversationId, seq, position }) {
  const id = randomUUID();
  const now = new Date().toISOString();
  const message = {
    ...{ id, conversationId, seq, direction: 'in', type: 'text', content: { text: { body } }, wamid },
    ...{ status: 'received', error: null, replyTo: null, author: null, agentId: null },
    ...{ occurredAt: now, createdAt: now },
  };
  const conversation = {
    ...{ id: conversationId, senderId: number },
    contact: { id: customer, name, username: null, waId: customer, userId: null, groupId: null },
    ...{ teamId: number, assigneeId: null, status: 'open', unreadCount: seq, windowExpiresAt: now },
    lastMessage: { id, direction: 'in', type: 'text', preview: body.slice(0, 100), occurredAt: now },
    ...{ lastSeq: seq, createdAt: now, updatedAt: now },
  };
  const data = { message, conversation };
  return JSON.stringify({
    ...{ type: 'message.received', conversationId, seq, occurredAt: now, data, cursor: String(position) },
  });
}
