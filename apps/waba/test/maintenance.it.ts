import { messageList, messageSend } from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import { randomUUID } from 'node:crypto';
import { OverdueService } from '../src/maintenance/overdue.service';
import { RetentionService } from '../src/maintenance/retention.service';
import { change, delivery, WabaHarness, type TestSender } from './harness';

describe('what is looked after by the clock', () => {
  let waba: WabaHarness;
  let sender: TestSender;

  beforeAll(async () => {
    waba = await WabaHarness.start({ WEBHOOK_RETENTION_DAYS: '30', STREAM_RETENTION_HOURS: '72' });
    sender = await waba.addSender();
  });
  afterAll(() => waba.stop());

  const write = async (body: string) => {
    const message = waba.text('6281', body);
    await waba.deliver(delivery(change(sender, { messages: [message] })));
    return eventually(async () => {
      const [row] = await waba.query<{ conversation_id: string }>(
        'SELECT conversation_id FROM message WHERE wamid = $1',
        [message.id],
      );
      return { conversationId: row!.conversation_id, wamid: message.id };
    });
  };

  it('forgets raw deliveries and events after their time, and no message', async () => {
    const [old, young] = [await write('old'), await write('young')];
    const of = (wamid: string) => `%${Buffer.from(wamid).toString('hex')}%`;
    await waba.query(
      `UPDATE webhook_delivery SET id = uuidv7(interval '-31 days'), received_at = now() - interval '31 days'
        WHERE body::text LIKE $1`,
      [of(old.wamid)],
    );
    await waba.query(
      `UPDATE stream_event SET occurred_at = now() - interval '73 hours' WHERE data #>> '{message,wamid}' = $1`,
      [old.wamid],
    );
    await waba.get(RetentionService).run();
    const count = async (sql: string, parameter: string) => (await waba.query(sql, [parameter])).length;
    for (const [kept, wamid] of [
      [0, old.wamid],
      [1, young.wamid],
    ] as const) {
      expect(await count('SELECT 1 FROM webhook_delivery WHERE body::text LIKE $1', of(wamid))).toBe(kept);
      const event = `SELECT 1 FROM stream_event WHERE data #>> '{message,wamid}' = $1`;
      expect(await count(event, wamid)).toBe(kept);
      expect(await count('SELECT 1 FROM message WHERE wamid = $1', wamid)).toBe(1);
    }
  });

  it('forgets more than a page of rows, and leaves no hole in the history', async () => {
    const { tenantId } = await waba.addSender();
    await waba.query(
      `INSERT INTO stream_event (tenant_id, position, conversation_id, seq, type, audience, data, occurred_at)
       SELECT $1, n, gen_random_uuid(), 1, 'message.received', '{}', '{}',
              now() - CASE WHEN n = 4100 THEN 71 ELSE 73 END * interval '1 hour' FROM generate_series(1, 4500) n`,
      [tenantId],
    );
    await waba.query(`INSERT INTO stream (tenant_id, epoch, head) VALUES ($1, $1, 4500)`, [tenantId]);
    await waba.query(
      `INSERT INTO webhook_delivery (id, tenant_ids, received_at, body, status)
       SELECT uuidv7(-age), ARRAY[$1::uuid], now() - age, '', 'processed'
         FROM generate_series(1, 4500) n, make_interval(days => CASE WHEN n = 7 THEN 29 ELSE 31 END) age`,
      [tenantId],
    );
    // Items that were put aside by themselves have ids that say nothing of their age.
    await waba.query(
      `INSERT INTO webhook_delivery (id, tenant_ids, received_at, body, status)
       SELECT gen_random_uuid(), ARRAY[$1::uuid], now() - age * interval '1 day', '', 'quarantined'
         FROM unnest(ARRAY[29, 31, 31]) age`,
      [tenantId],
    );
    await waba.get(RetentionService).run();
    const [events] = await waba.query(
      'SELECT count(*)::int AS count, min(position)::int AS first FROM stream_event WHERE tenant_id = $1',
      [tenantId],
    );
    expect(events).toEqual({ count: 401, first: 4100 });
    const deliveries =
      'SELECT status FROM webhook_delivery WHERE tenant_ids = ARRAY[$1::uuid] ORDER BY status';
    const kept = [{ status: 'processed' }, { status: 'quarantined' }];
    expect(await waba.query(deliveries, [tenantId])).toEqual(kept);
  });

  it('calls a send unknown whose process died, sends it never again, and believes its status', async () => {
    const { conversationId } = await write('hello');
    const token = waba.identity.token(sender);
    waba.graph.next(() => undefined);
    const { id } = await waba.rpc.call(
      messageSend,
      { conversationId, idempotencyKey: randomUUID(), message: { type: 'text', text: { body: 'lost?' } } },
      { token },
    );
    const status = async () => {
      const { items } = await waba.rpc.call(messageList, { conversationId }, { token });
      return items.find((m) => m.id === id)!.status;
    };
    await eventually(async () => expect(await status()).toBe('sending'));
    // As if the claim were from a process that is gone for long.
    await waba.query(`UPDATE message SET claimed_at = now() - interval '1 hour' WHERE id = $1`, [id]);
    await waba.get(OverdueService).endLostSends(15_000);
    expect(await status()).toBe('unknown');
    const report = {
      id: `wamid.LOST.${id}`,
      status: 'sent',
      timestamp: '1763000000',
      biz_opaque_callback_data: id,
    };
    await waba.deliver(delivery(change(sender, { statuses: [report] })));
    await eventually(async () => expect(await status()).toBe('sent'));
    expect(waba.graph.sent.filter((s) => s.body.biz_opaque_callback_data === id)).toHaveLength(1);
  });
});
