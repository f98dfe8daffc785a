import { messageList, type ConversationEvent, type MessageView } from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { SYSTEM_DB } from '../src/db/data-source';
import { listSenders, resumeSender } from '../src/sender/sender.operator';
import { accept, hangUp, refuse } from './fake-graph';
import { change, delivery, WabaHarness, type Listener, type TestSender } from './harness';

describe('the road out', () => {
  let waba: WabaHarness;
  let pods: Listener;
  let sender: TestSender;
  let conversationId: string;
  let token: string;

  beforeAll(async () => {
    waba = await WabaHarness.start();
    pods = await waba.listen();
  });
  afterAll(async () => {
    await pods.stop();
    await waba.stop();
  });
  beforeEach(async () => {
    sender = await waba.addSender();
    token = waba.identity.token(sender);
    conversationId = await waba.customerWrites('6281200', sender);
  });

  const send = (
    body: string | Record<string, unknown>,
    { to = conversationId, ...more }: { key?: string; to?: string } = {},
  ) => waba.send(to, body, { token, ...more });
  const sentBodies = () =>
    waba.graph.sent
      .filter((s) => s.path.includes(sender.phoneNumberId))
      .map((s) => (s.body.text as { body: string } | undefined)?.body ?? s.body.type);
  const eventsOf = (message: MessageView): ConversationEvent[] =>
    pods.events().filter((e) => e.data.message?.id === message.id);
  const statusOf = async (message: MessageView) => {
    const { items } = await waba.rpc.call(messageList, { conversationId }, { token });
    return items.find((m) => m.id === message.id)!;
  };
  const becomes = (message: MessageView, status: string) =>
    eventually(async () => {
      const now = await statusOf(message);
      expect(now.status).toBe(status);
      return now;
    });
  const report = (message: MessageView, status: string, more: Record<string, unknown> = {}) =>
    waba.deliver(
      delivery(
        change(sender, {
          statuses: [
            {
              id: `wamid.OUT.${message.id}`,
              status,
              timestamp: String(Math.floor(Date.now() / 1000)),
              recipient_id: '6281200',
              ...more,
            },
          ],
        }),
      ),
    );

  it('sends a text through Graph, and tells every step on the stream', async () => {
    const message = await send('good morning');
    expect(message).toMatchObject({ status: 'queued', direction: 'out', type: 'text', wamid: null });
    await becomes(message, 'sent');
    for (const status of ['sent', 'delivered', 'read']) await report(message, status);
    expect(await becomes(message, 'read')).toMatchObject({ wamid: `wamid.OUT.${message.id}` });
    await eventually(() =>
      expect(eventsOf(message).map((e) => [e.type, e.data.message!.status])).toEqual([
        ['message.queued', 'queued'],
        ['message.sent', 'sent'],
        ['message.status', 'sent'],
        ['message.status', 'delivered'],
        ['message.status', 'read'],
      ]),
    );
    const call = waba.graph.sent.find((s) => s.body.biz_opaque_callback_data === message.id)!;
    expect(call).toMatchObject({
      path: `/v25.0/${sender.phoneNumberId}/messages`,
      authorization: 'Bearer access-token',
      body: { messaging_product: 'whatsapp', to: '6281200', type: 'text', text: { body: 'good morning' } },
    });
  });

  it('sends each conversation in order, one at a time, however they are accepted', async () => {
    const bodies = Array.from({ length: 20 }, (_, i) => `part ${i}`);
    for (const body of bodies) await send(body);
    await eventually(() => expect(sentBodies()).toEqual(bodies));
  });

  it('gives the same message for the same Idempotency-Key, and sends it once', async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 10 }, () => send('once', { key })));
    expect(new Set(answers.map((a) => a.id)).size).toBe(1);
    await becomes(answers[0]!, 'sent');
    await expect(send('another', { key })).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    await becomes(await send('marker'), 'sent');
    expect(sentBodies()).toEqual(['once', 'marker']);
  });

  it('refuses free text outside the 24-hour window, and takes a template', async () => {
    const late = String(Math.floor(Date.now() / 1000) - 25 * 3600);
    const to = await waba.customerWrites('6281333', sender, { timestamp: late });
    await expect(send('too late', { to })).rejects.toMatchObject({ code: 'window_closed' });
    await waba.query(
      `INSERT INTO template (id, tenant_id, waba_id, name, language, category, status, components)
       VALUES ($1, $2, $3, 'welcome', 'en', 'UTILITY', 'APPROVED', $4), ($5, $2, $3, 'old', 'en', 'UTILITY', 'PAUSED', '[]')`,
      [
        randomUUID(),
        sender.tenantId,
        `waba-${sender.tenantId}`,
        JSON.stringify([{ type: 'BODY', text: 'Hello {{1}}' }]),
        randomUUID(),
      ],
    );
    const template = (name: string, ...texts: string[]) => ({
      type: 'template',
      template: {
        name,
        language: { code: 'en' },
        components: [{ type: 'body', parameters: texts.map((text) => ({ type: 'text', text })) }],
      },
    });
    await expect(send(template('welcome'), { to })).rejects.toMatchObject({ code: 'template_not_usable' });
    await expect(send(template('old'), { to })).rejects.toMatchObject({ code: 'template_not_usable' });
    await expect(send(template('none'), { to })).rejects.toMatchObject({ code: 'template_not_usable' });
    await send(template('welcome', 'Sari'), { to });
    await eventually(() => expect(sentBodies()).toEqual(['template']));
  });

  it('refuses a body that WhatsApp would not take, and says where it is wrong', async () => {
    await expect(send({ type: 'text', text: { body: '' } })).rejects.toMatchObject({
      code: 'invalid_message',
      errors: [expect.objectContaining({ path: 'text.body' })],
    });
    await expect(send({ type: 'telepathy' })).rejects.toMatchObject({ code: 'invalid_message' });
  });

  it.each([
    ['read', 'delivered', 'sent'],
    ['delivered', 'sent', 'read'],
    ['sent', 'read', 'delivered'],
  ])('moves only forward when the statuses come as %s, %s, %s', async (...order) => {
    const message = await send('hello');
    await becomes(message, 'sent');
    for (const status of [...order, ...order]) await report(message, status);
    await becomes(message, 'read');
    const marker = await send('marker');
    await becomes(marker, 'sent');
    const ranks = eventsOf(message).map((e) =>
      ['queued', 'sent', 'delivered', 'read'].indexOf(e.data.message!.status),
    );
    expect(ranks).toEqual([...ranks].sort());
    expect(ranks.at(-1)).toBe(3);
  });

  it('keeps a status that comes before its message is known, and applies it then', async () => {
    let early: Promise<unknown> | undefined;
    waba.graph.next((sent, response, request) => {
      // Without our id in it, the status says nothing but WhatsApp's id.
      early = waba
        .deliver(
          delivery(
            change(sender, { statuses: [{ id: sent.wamid, status: 'delivered', timestamp: '1763000000' }] }),
          ),
        )
        .then(() =>
          eventually(async () => {
            const parked = await waba.query('SELECT status FROM parked_status WHERE wamid = $1', [
              sent.wamid,
            ]);
            expect(parked).toHaveLength(1);
          }),
        )
        .then(() => accept(sent, response, request));
    });
    const message = await send('quick');
    await becomes(message, 'delivered');
    await early;
    expect(await waba.query('SELECT 1 FROM parked_status')).toEqual([]);
  });

  it('does not send again when the answer is lost: the message is unknown until its status comes', async () => {
    waba.graph.next(hangUp);
    const message = await send('did it go?');
    await becomes(message, 'unknown');
    const next = await send('and then?');
    await becomes(next, 'sent');
    expect(sentBodies()).toEqual(['did it go?', 'and then?']);
    await report(message, 'delivered', { biz_opaque_callback_data: message.id });
    expect(await becomes(message, 'delivered')).toMatchObject({ wamid: `wamid.OUT.${message.id}` });
  });

  it('tries again what Meta did not take, and keeps the order', async () => {
    waba.graph.next(refuse(130429, 429));
    const first = await send('first');
    const second = await send('second');
    await becomes(first, 'sent');
    await becomes(second, 'sent');
    expect(sentBodies()).toEqual(['first', 'first', 'second']);
  });

  it('fails a message that will never go, with the reason, and goes on', async () => {
    waba.graph.next(refuse(131026));
    const message = await send('nobody there');
    expect(await becomes(message, 'failed')).toMatchObject({ error: { code: 131026 } });
    await becomes(await send('next'), 'sent');
  });

  it('stops a number whose token has ended, and keeps its messages', async () => {
    waba.graph.next(refuse(190, 401));
    const message = await send('wait for me');
    await eventually(async () => {
      const [row] = await waba.query('SELECT status, paused_reason FROM sender WHERE id = $1', [sender.id]);
      expect(row).toEqual({ status: 'paused', paused_reason: expect.stringContaining('190') as string });
    });
    expect((await statusOf(message)).status).toBe('queued');
    const system = waba.get<DataSource>(SYSTEM_DB);
    expect(await listSenders(system)).toContainEqual(
      expect.objectContaining({ phoneNumberId: sender.phoneNumberId, status: 'paused', waiting: 1 }),
    );
    expect(await resumeSender(system, sender.phoneNumberId)).toBe(true);
    await becomes(message, 'sent');
    expect(sentBodies()).toEqual(['wait for me', 'wait for me']);
    expect(await listSenders(system)).toContainEqual(
      expect.objectContaining({
        phoneNumberId: sender.phoneNumberId,
        status: 'active',
        pausedReason: null,
        waiting: 0,
      }),
    );
    expect(await resumeSender(system, sender.phoneNumberId)).toBe(false);
    const told = 'SELECT actor_kind, target_id FROM audit_entry WHERE action = $1';
    expect(await system.query(told, ['sender.resumed'])).toEqual([
      { actor_kind: 'operator', target_id: sender.id },
    ]);
  });

  it('stops the number, and sends nothing, when its token cannot be read', async () => {
    await waba.query('UPDATE sender SET access_token = $2 WHERE id = $1', [sender.id, Buffer.alloc(40)]);
    const message = await send('kept');
    await eventually(async () => {
      const [row] = await waba.query('SELECT status FROM sender WHERE id = $1', [sender.id]);
      expect(row).toEqual({ status: 'paused' });
    });
    expect((await statusOf(message)).status).toBe('queued');
    expect(sentBodies()).toEqual([]);
  });

  it('reports as failed what WhatsApp could not deliver after all', async () => {
    const message = await send('hello');
    await becomes(message, 'sent');
    await report(message, 'failed', { errors: [{ code: 131049, title: 'not delivered' }] });
    expect(await becomes(message, 'failed')).toMatchObject({
      error: { code: 131049, title: 'not delivered' },
    });
  });
});
