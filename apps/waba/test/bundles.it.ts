import { streamHeads, streamRead, webhookDeliveryReplay, type ConversationEvent } from '@scrm/contracts';
import { migrate } from '@scrm/database';
import { eventually } from '@scrm/testing';
import { v7 as uuidv7 } from 'uuid';
import { SCHEMA, wabaDataSource } from '../src/db/data-source';
import { RetentionService } from '../src/maintenance/retention.service';
import { WebhookConsumer } from '../src/webhook/webhook.consumer';
import { WebhookRepository } from '../src/webhook/webhook.repository';
import { change, delivery, handedOut, WabaHarness, type Listener, type TestSender } from './harness';

type Came = ReturnType<typeof handedOut>;

describe('what comes together', () => {
  let waba: WabaHarness;
  let told: Listener;
  let senders: [TestSender, TestSender, TestSender];

  beforeAll(async () => {
    waba = await WabaHarness.start();
    told = await waba.listen();
  });
  afterAll(async () => {
    await told.stop();
    await waba.stop();
  });
  beforeEach(async () => {
    senders = [await waba.addSender(), await waba.addSender(), await waba.addSender()];
  });

  const comes = (to: TestSender, count: number, body = 'hello'): Came[] =>
    Array.from({ length: count }, (_, n) => handedOut(waba.text(`62810${n % 3}`, `${body} ${n}`), to));
  const handle = async (...came: Came[]) => {
    const { settled } = await waba.get(WebhookConsumer).handle(came.map((c) => c.delivery));
    await settled;
  };
  /** Of each delivery the body that is kept, and whether that is in a bundle. */
  const kept = (came: Came[]) =>
    Promise.all(
      came.map(async ({ deliveryId }) => {
        const [row] = await waba.query<{ bundled: boolean }>(
          'SELECT bundle_id IS NOT NULL AS bundled FROM webhook_delivery WHERE id = $1',
          [deliveryId],
        );
        const body = await waba.get(WebhookRepository).bodyOf(deliveryId);
        return [body?.toString(), row?.bundled];
      }),
    );
  const as = (came: Came[], bundled: boolean) => came.map((c) => [c.delivery.body.toString(), bundled]);
  const toldTo = ({ tenantId }: TestSender, count: number) =>
    eventually(() => {
      const events = told.heard.filter((h) => h.tenantId === tenantId).flatMap((h) => h.events);
      if (events.length < count) throw new Error(`${events.length} of ${count} were told`);
      return events;
    });
  /** The position that carries each event, in their order. */
  const carriers = async ({ tenantId }: TestSender) => {
    const rows = await waba.query<{ at: number | null; alone: boolean }>(
      `SELECT bundled_at::int AS at, data IS NOT NULL AS alone FROM stream_event
        WHERE tenant_id = $1 ORDER BY position`,
      [tenantId],
    );
    return rows.map(({ at, alone }) => (alone ? 'alone' : at));
  };
  const read = async (
    { tenantId }: TestSender,
    more: { after: number; upTo?: number; limit?: number },
  ): Promise<ConversationEvent[]> => {
    const { heads } = await waba.rpc.call(streamHeads, { tenantIds: [tenantId] });
    const answer = await waba.rpc.call(streamRead, { tenantId, epoch: heads[0]!.epoch, ...more });
    expect(answer.reset).toBe(false);
    return answer.events;
  };

  it('is stored as one piece for each tenant, and read again from anywhere as it was told', async () => {
    const [many, some, few] = senders;
    await handle(...comes(many, 6), ...comes(some, 4), ...comes(few, 3), ...comes(many, 1));
    await handle(...comes(many, 2));
    await handle(...comes(many, 5));
    expect(await carriers(many)).toEqual([
      ...Array<number>(7).fill(7),
      'alone',
      'alone',
      ...Array<number>(5).fill(14),
    ]);
    expect(await carriers(some)).toEqual([4, 4, 4, 4]);
    expect(await carriers(few)).toEqual(['alone', 'alone', 'alone']);
    const events = (await toldTo(many, 14)).map(withoutTrace);
    expect(events.map(({ position }) => position)).toEqual(Array.from({ length: 14 }, (_, i) => i + 1));
    for (let after = 0; after < 14; after++) {
      for (const upTo of [after + 1, 7, 9, 14]) {
        if (upTo <= after) continue;
        expect(await read(many, { after, upTo })).toEqual(events.slice(after, upTo));
      }
      expect(await read(many, { after, limit: 3 })).toEqual(events.slice(after, after + 3));
    }
    expect(await read(some, { after: 1, upTo: 3 })).toHaveLength(2);
  });

  it('is told once more as it was where it is delivered once more, whoever else is among it', async () => {
    const [one, other] = senders;
    // As many of each: their bundles are at the same position.
    const came = [...comes(one, 5), ...comes(other, 5)];
    await handle(...came);
    const first = [...(await toldTo(one, 5)), ...(await toldTo(other, 5))].map(withoutTrace);
    await handle(came[8]!, came[4]!, came[1]!, came[5]!);
    expect((await toldTo(one, 7)).slice(5).map(withoutTrace)).toEqual([first[1], first[4]]);
    expect((await toldTo(other, 7)).slice(5).map(withoutTrace)).toEqual([first[5], first[8]]);
  });

  it('is kept byte for byte, each delivery its own, whichever came before or does again', async () => {
    const [to] = senders;
    const [small, two] = [comes(to, 5), comes(to, 2)];
    const large = comes(to, 1, 'kopi '.repeat(2_000));
    await handle(...small, ...large);
    await handle(...two);
    expect(await kept([...small, ...large, ...two])).toEqual([
      ...as(small, true),
      ...as(large, false),
      ...as(two, false),
    ]);
    const more = comes(to, 4);
    await handle(more[0]!, small[4]!, two[0]!, more[1]!, more[2]!, small[0]!, more[3]!);
    expect(await kept([...small, ...two, ...more])).toEqual([
      ...as(small, true),
      ...as(two, false),
      ...as(more, true),
    ]);
  });

  it('goes down the road again where one of it is replayed, and nothing happens twice', async () => {
    const [to] = senders;
    const came = comes(to, 4);
    await handle(...came);
    const [, , third] = came;
    const token = waba.identity.token({ tenantId: to.tenantId });
    const deliveryId = third!.deliveryId;
    expect(await waba.rpc.call(webhookDeliveryReplay, { deliveryId }, { token })).toEqual({
      deliveryId,
      replayedItems: 1,
    });
    const again = (await toldTo(to, 5)).at(-1)!;
    expect(again.data.message!.wamid).toBe(third!.wamid);
    expect(await waba.query('SELECT 1 FROM message WHERE tenant_id = $1', [to.tenantId])).toHaveLength(4);
    expect(await waba.get(WebhookRepository).bodyOf(uuidv7())).toBeNull();
  });

  it('is forgotten a day after all that is in it', async () => {
    const [to] = senders;
    const came = comes(to, 5);
    await handle(...comes(to, 4));
    await handle(...came);
    const bundles = async () => (await waba.query('SELECT 1 FROM webhook_bundle')).length;
    const all = await bundles();
    const storedAgo = async (days: number) => {
      const id = uuidv7({ msecs: Date.now() - days * 24 * 3_600_000 });
      await waba.query(
        `WITH old AS (DELETE FROM webhook_bundle b USING webhook_delivery d WHERE d.id = $2 AND b.id = d.bundle_id
                      RETURNING b.id, b.bodies),
              moved AS (INSERT INTO webhook_bundle SELECT $1, bodies FROM old)
         UPDATE webhook_delivery d SET bundle_id = $1 FROM old WHERE d.bundle_id = old.id`,
        [id, came[0]!.deliveryId],
      );
      await waba.get(RetentionService).run();
      return bundles();
    };
    // By another process's clock than theirs.
    expect(await storedAgo(30.5)).toBe(all);
    expect(await kept(came)).toEqual(as(came, true));
    expect(await storedAgo(31.5)).toBe(all - 1);
    await waba.query('DELETE FROM webhook_delivery WHERE id = ANY($1)', [came.map((c) => c.deliveryId)]);
  });

  it('stays readable when the events before it are forgotten', async () => {
    const [to] = senders;
    await handle(...comes(to, 6));
    const events = (await toldTo(to, 6)).map(withoutTrace);
    await waba.query('DELETE FROM stream_event WHERE tenant_id = $1 AND position <= 4', [to.tenantId]);
    expect(await read(to, { after: 4 })).toEqual(events.slice(4));
  });

  it('is taken apart where the release before has to read it, and nothing of it is lost', async () => {
    const [one, other] = senders;
    const came = [...comes(one, 120), ...comes(other, 5)];
    await handle(...came);
    const events = (await toldTo(one, 120)).map(withoutTrace);
    expect(new Set(await carriers(one))).toEqual(new Set([100, 120]));
    const source = await wabaDataSource(waba.database.url).initialize();
    try {
      await source.undoLastMigration();
      const rows = await waba.query<{ id: string; body: Buffer }>('SELECT id, body FROM webhook_delivery');
      const bodies = new Map(rows.map(({ id, body }) => [id, body.toString()]));
      expect(came.map(({ deliveryId }) => bodies.get(deliveryId))).toEqual(
        came.map((c) => c.delivery.body.toString()),
      );
    } finally {
      await source.destroy();
      await migrate(wabaDataSource(waba.database.url), SCHEMA);
    }
    expect(await carriers(one)).toEqual(Array<string>(120).fill('alone'));
    expect(await read(one, { after: 0, limit: 200 })).toEqual(events);
    expect(await read(other, { after: 0 })).toHaveLength(5);
  });
});

it('goes alone while pods run that do not know bundles', async () => {
  const waba = await WabaHarness.start({ STORED_BUNDLE: '1' });
  try {
    const sender = await waba.addSender();
    const messages = Array.from({ length: 8 }, (_, n) => waba.text('6281', String(n)));
    await Promise.all(messages.map((m) => waba.deliver(delivery(change(sender, { messages: [m] })))));
    await eventually(async () => {
      const rows = await waba.query(
        `SELECT count(*) FILTER (WHERE audience IS NOT NULL AND data IS NOT NULL AND bundled_at IS NULL)::int AS alone,
                (SELECT count(*)::int FROM webhook_delivery WHERE body IS NOT NULL) AS kept FROM stream_event`,
      );
      expect(rows).toEqual([{ alone: 8, kept: 8 }]);
    });
  } finally {
    await waba.stop();
  }
});

/** What only the log needs is told, and not kept. */
function withoutTrace(event: ConversationEvent): ConversationEvent {
  const { traceId: _, receivedAt: __, ...rest } = event;
  return rest;
}
