import { webhookDeliveryList, webhookDeliveryReplay } from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import { randomUUID } from 'node:crypto';
import { change, delivery, WabaHarness, type Listener } from './harness';

describe('the road in', () => {
  let waba: WabaHarness;
  let pods: Listener;

  beforeAll(async () => {
    waba = await WabaHarness.start();
    pods = await waba.listen();
  });
  afterAll(async () => {
    await pods.stop();
    await waba.stop();
  });

  const stored = (wamids: string[]) =>
    waba.query<{ wamid: string; seq: string; tenant_id: string; conversation_id: string }>(
      'SELECT wamid, seq, tenant_id, conversation_id FROM message WHERE wamid = ANY($1) ORDER BY seq',
      [wamids],
    );
  const allStored = (wamids: string[]) =>
    eventually(async () => {
      const rows = await stored(wamids);
      expect(rows).toHaveLength(wamids.length);
      return rows;
    });

  it("answers Meta's question for the address, and refuses another token", async () => {
    const ask = (token: string) =>
      fetch(`${waba.url}/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=42&hub.verify_token=${token}`);
    const right = await ask('verify-me');
    expect([right.status, await right.text()]).toEqual([200, '42']);
    expect((await ask('verify-you')).status).toBe(403);
  });

  it('refuses what is unsigned, wrongly signed or too large, and stores none of it', async () => {
    const sender = await waba.addSender();
    const message = waba.text('6281', 'forged');
    const body = delivery(change(sender, { messages: [message] }));
    expect((await waba.deliver(body, { secret: null })).status).toBe(401);
    expect((await waba.deliver(body, { secret: 'guess' })).status).toBe(401);
    expect((await waba.deliver(Buffer.alloc(3 * 1024 * 1024 + 1, 32))).status).toBe(413);
    const after = waba.text('6281', 'honest');
    await waba.deliver(delivery(change(sender, { messages: [after] })));
    await allStored([after.id]);
    expect(await stored([message.id])).toEqual([]);
  });

  it('takes every item of every change of every entry, for several numbers and tenants at once', async () => {
    const [one, two] = [await waba.addSender(), await waba.addSender()];
    const texts = Array.from({ length: 6 }, (_, i) => waba.text(`62810${i % 3}`, `hello ${i}`));
    const response = await waba.deliver({
      object: 'whatsapp_business_account',
      entry: [
        {
          id: 'a',
          changes: [change(one, { messages: texts.slice(0, 2) }), change(two, { messages: [texts[2]] })],
        },
        { id: 'b', changes: [change(two, { messages: texts.slice(3) })] },
      ],
    });
    expect(response.status).toBe(200);
    const rows = await allStored(texts.map((t) => t.id));
    const tenants = (ids: number[]) =>
      new Set(ids.map((i) => rows.find((r) => r.wamid === texts[i]!.id)!.tenant_id));
    expect(tenants([0, 1])).toEqual(new Set([one.tenantId]));
    expect(tenants([2, 3, 4, 5])).toEqual(new Set([two.tenantId]));
  });

  it('accepts a body whose text is escaped, and keeps the text', async () => {
    const sender = await waba.addSender();
    const message = waba.text('6281', 'kopi ☕ / a@b');
    const escaped = JSON.stringify(delivery(change(sender, { messages: [message] })))
      .replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .replace(/\//g, '\\/')
      .replace(/@/g, '\\u0040');
    expect((await waba.deliver(escaped)).status).toBe(200);
    await allStored([message.id]);
    const [row] = await waba.query<{ content: unknown }>('SELECT content FROM message WHERE wamid = $1', [
      message.id,
    ]);
    expect(row!.content).toEqual({ body: 'kopi ☕ / a@b' });
  });

  it('stores a delivery that comes a thousand times, fifty at once, once', async () => {
    const sender = await waba.addSender();
    const messages = Array.from({ length: 3 }, (_, i) => waba.text('6281', `again ${i}`));
    const body = delivery(change(sender, { messages }));
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => waba.deliver(body)));
      expect(answers.every((a) => a.status === 200)).toBe(true);
    }
    const last = waba.text('6281', 'last');
    await waba.deliver(delivery(change(sender, { messages: [last] })));
    await eventually(async () => expect(await stored([last.id])).toHaveLength(1), { within: 25_000 });
    const rows = await allStored([...messages.map((m) => m.id), last.id]);
    expect(rows.map((r) => Number(r.seq))).toEqual([1, 2, 3, 4]);
    const [conversation] = await waba.query<{ unread_count: number }>(
      'SELECT unread_count FROM conversation WHERE id = $1',
      [rows[0]!.conversation_id],
    );
    expect(conversation!.unread_count).toBe(4);
  }, 60_000);

  it('keeps the order of each conversation under load, with gapless seqs and positions', async () => {
    const sender = await waba.addSender();
    const texts = Array.from({ length: 400 }, (_, i) => waba.text(`62${i % 7}`, String(i)));
    // Each customer's messages are delivered one after another, customers side by side.
    await Promise.all(
      Array.from({ length: 7 }, async (_, customer) => {
        for (const text of texts.filter((_t, i) => i % 7 === customer)) {
          await waba.deliver(delivery(change(sender, { messages: [text] })));
        }
      }),
    );
    await allStored(texts.map((t) => t.id));
    const heard = await eventually(() => {
      const events = pods.heard.filter((h) => h.tenantId === sender.tenantId).flatMap((h) => h.events);
      expect(events).toHaveLength(400);
      return events;
    });
    // Transactions side by side may be told in another order than they committed in; never those of one customer.
    const positions = heard.map((e) => e.position).sort((a, b) => a - b);
    expect(positions).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
    for (let customer = 0; customer < 7; customer++) {
      const expected = texts.filter((_t, i) => i % 7 === customer).map((t) => t.id);
      const own = heard.filter((e) => expected.includes(e.data.message!.wamid!));
      expect(own.map((e) => e.data.message!.wamid)).toEqual(expected);
      expect(own.map((e) => e.seq)).toEqual(expected.map((_, i) => i + 1));
    }
  }, 60_000);

  it('knows a customer by the user id, and joins the phone number to it when it comes', async () => {
    const sender = await waba.addSender();
    const withoutPhone = { ...waba.text('', 'no phone'), from: undefined, from_user_id: 'ID.1234' };
    const withBoth = waba.text('628111', 'both', { from_user_id: 'ID.1234' });
    const onlyPhone = waba.text('628111', 'only phone');
    for (const message of [withoutPhone, withBoth, onlyPhone]) {
      await waba.deliver(
        delivery(change(sender, { contacts: [{ profile: { username: 'sari' } }], messages: [message] })),
      );
      await allStored([message.id]);
    }
    const rows = await stored([withoutPhone.id, withBoth.id, onlyPhone.id]);
    expect(new Set(rows.map((r) => r.conversation_id)).size).toBe(1);
    const [contact] = await waba.query('SELECT user_id, wa_id, username FROM contact WHERE tenant_id = $1', [
      sender.tenantId,
    ]);
    expect(contact).toEqual({ user_id: 'ID.1234', wa_id: '628111', username: 'sari' });
  });

  it('gives a phone number to the person who has it now', async () => {
    const sender = await waba.addSender();
    const before = waba.text('628222', 'first owner', { from_user_id: 'ID.OLD' });
    const after = waba.text('628222', 'second owner', { from_user_id: 'ID.NEW' });
    for (const message of [before, after]) {
      await waba.deliver(delivery(change(sender, { messages: [message] })));
      await allStored([message.id]);
    }
    const rows = await stored([before.id, after.id]);
    expect(new Set(rows.map((r) => r.conversation_id)).size).toBe(2);
    const contacts = await waba.query(
      'SELECT user_id, wa_id FROM contact WHERE tenant_id = $1 ORDER BY user_id',
      [sender.tenantId],
    );
    expect(contacts).toEqual([
      { user_id: 'ID.NEW', wa_id: '628222' },
      { user_id: 'ID.OLD', wa_id: null },
    ]);
  });

  it('follows a person to their new phone number', async () => {
    const sender = await waba.addSender();
    const before = waba.text('628333', 'old number', { from_user_id: 'ID.MOVES' });
    const after = waba.text('628444', 'new number', { from_user_id: 'ID.MOVES' });
    for (const message of [before, after]) {
      await waba.deliver(delivery(change(sender, { messages: [message] })));
      await allStored([message.id]);
    }
    const rows = await stored([before.id, after.id]);
    expect(new Set(rows.map((r) => r.conversation_id)).size).toBe(1);
    const contacts = await waba.query('SELECT wa_id FROM contact WHERE tenant_id = $1', [sender.tenantId]);
    expect(contacts).toEqual([{ wa_id: '628444' }]);
  });

  it('keeps an item that is too large for screens whole, and shows that there is more', async () => {
    const sender = await waba.addSender();
    const message = waba.text('6281', 'x'.repeat(100_000));
    await waba.deliver(delivery(change(sender, { messages: [message] })));
    await allStored([message.id]);
    const [row] = await waba.query('SELECT content, raw FROM message WHERE wamid = $1', [message.id]);
    expect(row).toEqual({ content: { truncated: true }, raw: message });
  });

  it('keeps what it does not know: types, fields, and keys', async () => {
    const sender = await waba.addSender();
    const odd = {
      from: '6281',
      id: waba.wamid(),
      timestamp: '1750000000',
      type: 'hologram',
      hologram: { depth: 3 },
      mood: 'new',
    };
    await waba.deliver(
      delivery(change(sender, { messages: [odd] }), change(sender, { weather: 'rain' }, 'forecast')),
    );
    await allStored([odd.id]);
    const [row] = await waba.query('SELECT type, content, raw FROM message WHERE wamid = $1', [odd.id]);
    expect(row).toEqual({
      type: 'unsupported',
      content: { type: 'hologram', hologram: { depth: 3 }, mood: 'new' },
      raw: odd,
    });
    await eventually(async () => {
      const events = await waba.query('SELECT field, payload FROM account_event WHERE tenant_id = $1', [
        sender.tenantId,
      ]);
      expect(events).toEqual([
        { field: 'forecast', payload: change(sender, { weather: 'rain' }, 'forecast') },
      ]);
    });
  });

  it('keeps a signed body that is no JSON as poison', async () => {
    const body = `not json ${randomUUID()}`;
    expect((await waba.deliver(body)).status).toBe(200);
    await eventually(async () => {
      const rows = await waba.query('SELECT status FROM webhook_delivery WHERE body = $1', [
        Buffer.from(body),
      ]);
      expect(rows).toEqual([{ status: 'poison' }]);
    });
  });

  it('puts an item that cannot be stored in quarantine, visible and replayable, while others go on', async () => {
    const sender = await waba.addSender();
    const good = [waba.text('6281', 'before'), waba.text('6281', 'after')];
    const noId = { from: '6281', type: 'text', text: { body: 'no id' } };
    await waba.deliver(delivery(change(sender, { messages: [good[0], noId, good[1]] })));
    await allStored(good.map((g) => g.id));
    const token = waba.identity.token(sender);
    const quarantined = await eventually(async () => {
      const { items } = await waba.rpc.call(webhookDeliveryList, { status: 'quarantined' }, { token });
      expect(items).toHaveLength(1);
      return items[0]!;
    });
    expect(quarantined).toMatchObject({ status: 'quarantined', attempts: 5, reason: 'a message has no id' });
    const replayed = await waba.rpc.call(webhookDeliveryReplay, { deliveryId: quarantined.id }, { token });
    expect(replayed).toEqual({ deliveryId: quarantined.id, replayedItems: 1 });
  });

  it('shows and replays deliveries to those who may, of their own tenant', async () => {
    const sender = await waba.addSender();
    const message = waba.text('6281', 'mine');
    await waba.deliver(delivery(change(sender, { messages: [message] })));
    await allStored([message.id]);
    const list = (who: Parameters<typeof waba.identity.token>[0]) =>
      waba.rpc.call(webhookDeliveryList, {}, { token: waba.identity.token(who) });
    const { items } = await list(sender);
    expect(items).toHaveLength(1);
    expect((await list({ tenantId: randomUUID() })).items).toEqual([]);
    await expect(list({ tenantId: sender.tenantId, role: 'agent' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const replay = (tenantId: string) =>
      waba.rpc.call(
        webhookDeliveryReplay,
        { deliveryId: items[0]!.id },
        { token: waba.identity.token({ tenantId }) },
      );
    await expect(replay(randomUUID())).rejects.toMatchObject({ code: 'not_found' });
    await replay(sender.tenantId);
    const marker = waba.text('6281', 'marker');
    await waba.deliver(delivery(change(sender, { messages: [marker] })));
    const rows = await allStored([message.id, marker.id]);
    expect(rows.map((r) => Number(r.seq))).toEqual([1, 2]);
  });

  it('keeps a delivery for a number that nobody registered, until somebody does', async () => {
    const message = waba.text('6281', 'early');
    const number = '999000111';
    await waba.deliver(delivery(change({ phoneNumberId: number }, { messages: [message] })));
    await eventually(async () => {
      const rows = await waba.query('SELECT status FROM webhook_delivery WHERE body::text LIKE $1', [
        `%${Buffer.from(message.id).toString('hex')}%`,
      ]);
      expect(rows).toEqual([{ status: 'unrouted' }]);
    });
    expect(await stored([message.id])).toEqual([]);
  });

  it('goes on where it was after a restart', async () => {
    const sender = await waba.addSender();
    const messages = Array.from({ length: 40 }, (_, i) => waba.text('6281', String(i)));
    const deliver = async (m: object) => waba.deliver(delivery(change(sender, { messages: [m] })));
    for (const m of messages.slice(0, 20)) await deliver(m);
    await waba.restart();
    for (const m of messages.slice(20)) await deliver(m);
    const rows = await allStored(messages.map((m) => m.id));
    expect(rows.map((r) => r.wamid)).toEqual(messages.map((m) => m.id));
  });
});
