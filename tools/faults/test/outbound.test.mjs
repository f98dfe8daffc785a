import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Outbound } from '../outbound.mjs';

const CONVERSATION = '01980000-0000-7000-8000-00000000c001';

/** A gateway that says what it is told to, one answer after the other. */
const answers = [];
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const { status, body } = request.method === 'GET' ? history() : answers.shift();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
});
const stored = new Map();
const history = () => ({
  status: 200,
  body: { items: [...stored].map(([id, status]) => ({ id, status })), nextCursor: null },
});

describe('the books of outgoing messages', () => {
  let outbound;
  let sends;
  let admin;
  let other;

  before(() => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve)));
  after(() => server.close());
  beforeEach(() => {
    answers.length = 0;
    stored.clear();
    sends = [];
    const agents = [{ role: 'agent', teams: ['Sales'], token: () => Promise.resolve('token') }];
    const customers = [
      { sender: 0, team: 'Sales' },
      { sender: 1, team: 'Support' },
    ];
    outbound = new Outbound({
      urls: [`http://127.0.0.1:${server.address().port}`],
      agents,
      customers,
      simulator: { newSends: () => Promise.resolve(sends.splice(0)) },
    });
    outbound.conversations.set(0, CONVERSATION);
    admin = outbound.account([true, true]);
    other = outbound.account([false, true]);
  });

  const frame = (seq, status, id = 'm1') => ({
    conversationId: CONVERSATION,
    seq,
    data: { message: { id, direction: 'out', status } },
  });
  const taken = (number, id = 'm1') => ({
    callbackId: id,
    to: '628',
    outcome: 'accepted',
    body: { text: { body: `Masih ada, kak! #${number}` } },
  });
  const accept = async (id = 'm1') => {
    answers.push({ status: 202, body: { id } });
    await outbound.send(0);
  };

  it('say nothing where all is well', async () => {
    await accept();
    for (const [i, status] of ['queued', 'sent', 'delivered'].entries()) admin.hear(frame(i + 1, status));
    stored.set('m1', 'delivered');
    sends.push(taken(0));
    await outbound.readSends();
    const counts = outbound.counts();
    assert.deepEqual(
      Object.entries(counts).filter(([, count]) => count !== 0),
      [],
    );
    assert.deepEqual(await outbound.differences(0), []);
    assert.deepEqual(outbound.outcomes(0), { delivered: 1 });
  });

  it('ask again with the same key until it is accepted', async () => {
    answers.push({ status: 503, body: {} });
    await accept();
    assert.equal(outbound.retries, 1);
    assert.equal(outbound.accepted.size, 1);
  });

  it('count what is refused', async () => {
    answers.push({ status: 409, body: { code: 'window_closed' } });
    await outbound.send(0);
    assert.equal(outbound.counts().refused, 1);
  });

  it('miss an end on a screen that should show it, and on no other', async () => {
    await accept();
    admin.hear(frame(1, 'queued'));
    assert.equal(outbound.counts().unresolved, 1);
    admin.hear(frame(2, 'unknown'));
    assert.equal(outbound.counts().unresolved, 0);
    assert.equal(other.shown.size, 0);
  });

  it('see a message that Meta took twice', async () => {
    await accept();
    sends.push(taken(0), taken(0));
    await outbound.readSends();
    assert.equal(outbound.counts().sentTwice, 1);
  });

  it('see texts that reached Meta in another order', async () => {
    sends.push(taken(7, 'a'), taken(6, 'b'));
    await outbound.readSends();
    assert.equal(outbound.counts().sentOutOfOrder, 1);
  });

  it('see a status that goes back, and a change that comes again', async () => {
    await accept();
    admin.hear(frame(1, 'delivered'));
    admin.hear(frame(2, 'sent'));
    admin.hear(frame(2, 'sent'));
    assert.equal(outbound.counts().backwards, 1);
    assert.equal(outbound.counts().repeated, 1);
  });

  it('see a message that nobody was told of: it was stored twice', async () => {
    await accept();
    admin.hear(frame(1, 'queued', 'm2'));
    assert.equal(outbound.counts().strangers, 1);
  });

  it('see what is shown as sent and never was', async () => {
    await accept();
    admin.hear(frame(1, 'sent'));
    assert.equal(outbound.counts().untrue, 1);
  });

  it('see a screen that differs from the history', async () => {
    await accept();
    admin.hear(frame(1, 'sent'));
    stored.set('m1', 'failed');
    assert.deepEqual(await outbound.differences(0), ['m1']);
  });
});
