import { streamHeads, streamRead } from '@scrm/contracts';
import { inTenant, schemaDrift } from '@scrm/database';
import { eventually } from '@scrm/testing';
import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { APP_DB, wabaDataSource } from '../src/db/data-source';
import { change, delivery, WabaHarness, type TestSender } from './harness';

describe('the stream and its tenants', () => {
  let waba: WabaHarness;
  let sender: TestSender;

  beforeAll(async () => {
    waba = await WabaHarness.start();
    sender = await waba.addSender();
    const messages = Array.from({ length: 25 }, (_, i) => waba.text(`62${i % 5}`, String(i)));
    await waba.deliver(delivery(change(sender, { messages })));
    await eventually(async () => expect((await head()).head).toBe(25));
  });
  afterAll(() => waba.stop());

  const head = async () => {
    const { heads } = await waba.rpc.call(streamHeads, { tenantIds: [sender.tenantId] });
    return heads[0]!;
  };
  const read = (request: { epoch: string | null; after: number; upTo?: number; limit?: number }) =>
    waba.rpc.call(streamRead, { tenantId: sender.tenantId, ...request });

  it('reads on from a position, in pages, up to a position', async () => {
    const { epoch } = await head();
    const first = await read({ epoch, after: 0, limit: 10 });
    expect(first.events.map((e) => e.position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(first).toMatchObject({ complete: false, reset: false, head: 25 });
    const rest = await read({ epoch, after: 20, upTo: 23 });
    expect(rest.events.map((e) => e.position)).toEqual([21, 22, 23]);
    expect(rest.complete).toBe(true);
    expect(await read({ epoch, after: 25 })).toMatchObject({ events: [], complete: true, reset: false });
  });

  it('says reset where the epoch is another, or the position is not of this stream', async () => {
    const { epoch } = await head();
    expect(await read({ epoch: randomUUID(), after: 3 })).toMatchObject({ reset: true, head: 25 });
    expect(await read({ epoch, after: 26 })).toMatchObject({ reset: true, head: 25 });
  });

  it('says reset where the history does not reach back that far', async () => {
    const other = await waba.addSender();
    const messages = Array.from({ length: 5 }, (_, i) => waba.text('62', String(i)));
    await waba.deliver(delivery(change(other, { messages })));
    const stream = await eventually(async () => {
      const { heads } = await waba.rpc.call(streamHeads, { tenantIds: [other.tenantId] });
      expect(heads[0]!.head).toBe(5);
      return heads[0]!;
    });
    await waba.query('DELETE FROM stream_event WHERE tenant_id = $1 AND position <= 3', [other.tenantId]);
    const from = (after: number) =>
      waba.rpc.call(streamRead, { tenantId: other.tenantId, epoch: stream.epoch, after });
    expect(await from(2)).toMatchObject({ reset: true });
    expect(await from(3)).toMatchObject({ reset: false, complete: true });
  });

  it('gives a tenant without events a stream of its own', async () => {
    const tenantId = randomUUID();
    const { heads } = await waba.rpc.call(streamHeads, { tenantIds: [tenantId] });
    expect(heads).toEqual([{ tenantId, epoch: expect.any(String) as string, head: 0 }]);
  });

  it('keeps tenants apart in every table: the app role sees nothing without a tenant, and only its own with one', async () => {
    const app = waba.get<DataSource>(APP_DB);
    const tables = await waba.query<{ table_name: string }>(
      `SELECT table_name FROM information_schema.columns WHERE table_schema = 'waba' AND column_name = 'tenant_id'`,
    );
    expect(tables.length).toBeGreaterThan(8);
    const [role] = await app.query<{ rolsuper: boolean; rolbypassrls: boolean }[]>(
      'SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user',
    );
    expect(role).toEqual({ rolsuper: false, rolbypassrls: false });
    for (const table of [
      'sender',
      'contact',
      'conversation',
      'message',
      'message_key',
      'stream',
      'stream_event',
    ]) {
      const count = (rows: { n: string }[]) => Number(rows[0]!.n);
      const sql = `SELECT count(*) AS n FROM ${table}`;
      expect(count(await app.query(sql))).toBe(0);
      expect(count(await inTenant(app, randomUUID(), (m) => m.query(sql)))).toBe(0);
      expect(count(await inTenant(app, sender.tenantId, (m) => m.query(sql)))).toBeGreaterThan(0);
    }
    const forced = await waba.query<{ relname: string }>(
      `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'waba' AND c.relkind = 'r' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)`,
    );
    // Neither holds a tenant's data: what was migrated, and keys of deliveries.
    expect(forced.map((f) => f.relname).sort()).toEqual(['migration', 'webhook_attempt']);
  });

  it('refuses to write a row of another tenant', async () => {
    const app = waba.get<DataSource>(APP_DB);
    const write = inTenant(app, randomUUID(), (manager) =>
      manager.query('INSERT INTO contact (id, tenant_id, wa_id) VALUES ($1, $2, $3)', [
        randomUUID(),
        sender.tenantId,
        '1',
      ]),
    );
    await expect(write).rejects.toThrow(/row-level security/);
  });

  it('has migrations that say what the entities say', async () => {
    const source = await wabaDataSource(waba.database.url).initialize();
    expect(await schemaDrift(source)).toEqual([]);
    await source.destroy();
  });
});
