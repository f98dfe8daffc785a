import { withTrace } from '@scrm/platform';
import { createTestDatabase, type TestDatabase } from '@scrm/testing';
import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import {
  auditCli,
  auditPage,
  auditTrail,
  createDataSource,
  createRole,
  difference,
  DROP_AUDIT_TRAIL,
  inTenant,
  migrate,
  recordAudit,
  verifyAudit,
  type Actor,
} from '../src';
import { AUDIT_CONTENT } from '../src/audit/audit-schema';

const SCHEMA = 'shop';
const ROLE = `test_audit_${randomBytes(4).toString('hex')}`;
const roles = { app: ROLE, system: `${ROLE}_system` };

class Trail1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner) {
    for (const role of Object.values(roles)) {
      await runner.query(createRole(role));
      await runner.query(`GRANT USAGE ON SCHEMA ${SCHEMA} TO ${role}`);
    }
    for (const sql of auditTrail(roles)) await runner.query(sql);
  }
  async down(runner: QueryRunner) {
    for (const sql of DROP_AUDIT_TRAIL) await runner.query(sql);
  }
}

const open = (url: string, role?: string, poolSize = 8) =>
  createDataSource({
    ...{ url, schema: SCHEMA, applicationName: 'test', entities: [], poolSize },
    migrations: [Trail1700000000000],
    ...(role && { role }),
  });

let database: TestDatabase;
let app: DataSource;
let system: DataSource;

beforeAll(async () => {
  database = await createTestDatabase((url) => migrate(open(url), SCHEMA));
  app = await open(database.url, roles.app).initialize();
  system = await open(database.url, roles.system).initialize();
});
afterAll(async () => {
  await app.destroy();
  await system.destroy();
  await database.drop();
  const server = new Client({ connectionString: process.env.TEST_DATABASE_URL });
  await server.connect();
  await server.query(`DROP ROLE ${roles.app}, ${roles.system}`);
  await server.end();
});

const newActor = (): Actor => ({ kind: 'agent', id: randomUUID(), tenantId: randomUUID() });
const record = (by: Actor, n: number) =>
  inTenant(app, by.tenantId, (manager) =>
    recordAudit(manager, {
      by,
      action: 'thing.changed',
      target: { kind: 'thing', id: `thing-${n}` },
      before: { n: n - 1, name: 'Pi, 3·14 “π”' },
      after: { n },
    }),
  );
const trailOf = async (entries: number) => {
  const by = newActor();
  for (let n = 1; n <= entries; n++) await record(by, n);
  return by;
};
/** As somebody does who owns the tables, and turns off what stands in the way. */
async function tamper(sql: string, values: unknown[]) {
  const owner = new Client({ connectionString: database.url });
  await owner.connect();
  await owner.query(`SET search_path = ${SCHEMA}`);
  const without = [
    'ALTER TABLE audit_entry DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY',
    'ALTER TABLE audit_entry ENABLE TRIGGER USER, FORCE ROW LEVEL SECURITY',
  ];
  await owner.query(without[0]!);
  const { rowCount } = await owner.query(sql, values);
  await owner.query(without[1]!);
  await owner.end();
  expect(rowCount).toBe(1);
}

describe('the audit trail', () => {
  it('says who did what to what, from where, before and after', async () => {
    const by = newActor();
    const origin = { ip: '203.0.113.7', userAgent: 'Phone' };
    await withTrace({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), origin }, () => record(by, 7));
    const [entry] = await inTenant(app, by.tenantId, (manager) => auditPage(manager, { limit: 10 }));
    expect(entry).toEqual({
      seq: 1,
      at: expect.stringMatching(/^20.*Z$/) as string,
      actor: { kind: 'agent', id: by.id },
      ...origin,
      action: 'thing.changed',
      target: { kind: 'thing', id: 'thing-7' },
      before: { n: 6, name: 'Pi, 3·14 “π”' },
      after: { n: 7 },
      traceId: 'a'.repeat(32),
      previousHash: '',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  it('is part of the transaction that it tells of', async () => {
    const by = newActor();
    const failing = inTenant(app, by.tenantId, async (manager) => {
      await recordAudit(manager, { by, action: 'thing.changed', target: { kind: 'thing', id: '1' } });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await record(by, 2);
    await expect(verifyAudit(system, by.tenantId)).resolves.toMatchObject({ ok: true, entries: 1 });
  });

  it('is one chain of each tenant, also where many write at once', async () => {
    const [one, other] = [newActor(), newActor()];
    const writers = Array.from({ length: 8 }, async (_, n) => {
      for (let i = 0; i < 15; i++) await record(n % 4 === 0 ? other : one, i);
    });
    await Promise.all(writers);
    await expect(verifyAudit(system, one.tenantId)).resolves.toMatchObject({ ok: true, entries: 90 });
    await expect(verifyAudit(system, other.tenantId)).resolves.toMatchObject({ ok: true, entries: 30 });
  });

  it('is found by who, what, which and when, page after page', async () => {
    const by = await trailOf(6);
    const find = (query: object) =>
      inTenant(app, by.tenantId, (manager) => auditPage(manager, { limit: 4, ...query }));
    const first = await find({});
    expect(first.map(({ seq }) => seq)).toEqual([6, 5, 4, 3]);
    expect((await find({ before: 3 })).map(({ seq }) => seq)).toEqual([2, 1]);
    expect((await find({ targetId: 'thing-2' })).map(({ seq }) => seq)).toEqual([2]);
    expect(await find({ action: 'thing.eaten' })).toEqual([]);
    expect(await find({ actorId: randomUUID() })).toEqual([]);
    const [, fifth] = first;
    const from = new Date(new Date(fifth!.at).getTime() + 1).toISOString();
    expect((await find({ from, actorId: by.id })).every(({ seq }) => seq > 5)).toBe(true);
    expect(await find({ to: '2020-01-01T00:00:00.000Z' })).toEqual([]);
  });

  it('is its tenant’s', async () => {
    const [mine, theirs] = [await trailOf(1), newActor()];
    const seen = await inTenant(app, theirs.tenantId, (manager) => auditPage(manager, { limit: 10 }));
    expect(seen).toEqual([]);
    const forged = inTenant(app, theirs.tenantId, (manager) =>
      recordAudit(manager, { by: mine, action: 'thing.changed', target: { kind: 'thing', id: '1' } }),
    );
    await expect(forged).rejects.toThrow(/row-level security/);
  });

  it.each([
    ['change an entry', `UPDATE audit_entry SET action = 'nothing'`],
    ['delete one', 'DELETE FROM audit_entry'],
    [
      'say a number',
      `INSERT INTO audit_entry (tenant_id, seq, actor_kind, action, target_kind, target_id) VALUES ($1, 7, 'agent', 'a', 'b', 'c')`,
    ],
    [
      'say a hash',
      `INSERT INTO audit_entry (tenant_id, hash, actor_kind, action, target_kind, target_id) VALUES ($1, 'x', 'agent', 'a', 'b', 'c')`,
    ],
    [
      'say a time',
      `INSERT INTO audit_entry (tenant_id, at, actor_kind, action, target_kind, target_id) VALUES ($1, now(), 'agent', 'a', 'b', 'c')`,
    ],
  ])('lets no service %s', async (_, sql) => {
    const by = await trailOf(1);
    for (const source of [app, system]) {
      const attempt = inTenant(source, by.tenantId, (manager) =>
        manager.query(sql, sql.includes('$1') ? [by.tenantId] : []),
      );
      await expect(attempt).rejects.toThrow(/permission denied/);
    }
  });

  it('does not let its owner change it by the way', async () => {
    const owner = new Client({ connectionString: database.url });
    await owner.connect();
    const table = `${SCHEMA}.audit_entry`;
    for (const sql of [`UPDATE ${table} SET ip = NULL`, `DELETE FROM ${table}`, `TRUNCATE ${table}`])
      await expect(owner.query(sql)).rejects.toThrow('the audit trail is only added to');
    await owner.end();
  });
});

describe('verifying it', () => {
  it('finds what was written as it was written, over many batches', async () => {
    const by = newActor();
    await inTenant(app, by.tenantId, async (manager) => {
      for (let n = 0; n < 2_100; n++)
        await recordAudit(manager, { by, action: 'thing.changed', target: { kind: 'thing', id: String(n) } });
    });
    const verdict = await verifyAudit(system, by.tenantId);
    expect(verdict).toMatchObject({ ok: true, entries: 2_100, head: { seq: 2_100 } });
  });

  it.each([
    ['an action', `UPDATE audit_entry SET action = 'thing.Changed'`],
    ['who did it', `UPDATE audit_entry SET actor_id = gen_random_uuid()`],
    ['whom it was done to', `UPDATE audit_entry SET target_id = 'thing-9'`],
    ['when', `UPDATE audit_entry SET at = at + interval '1 microsecond'`],
    ['where from', `UPDATE audit_entry SET ip = '203.0.113.8'`],
    ['by what', `UPDATE audit_entry SET user_agent = 'Phone'`],
    ['what it was', `UPDATE audit_entry SET before = jsonb_set(before, '{n}', '7')`],
    ['what it is', `UPDATE audit_entry SET after = NULL`],
    ['the trace', `UPDATE audit_entry SET trace_id = 'x'`],
    ['one bit of the hash', `UPDATE audit_entry SET hash = set_bit(hash, 3, 1 - get_bit(hash, 3))`],
  ])('names the entry where somebody changed %s', async (_, sql) => {
    const by = await trailOf(5);
    await tamper(`${sql} WHERE tenant_id = $1 AND seq = 3`, [by.tenantId]);
    await expect(verifyAudit(system, by.tenantId)).resolves.toEqual({
      ...{ tenantId: by.tenantId, entries: 2, ok: false, seq: 3, problem: 'it was changed' },
    });
  });

  it('names the entry that was taken out, first, in the middle, or with all numbers closed up', async () => {
    const [first, middle, closed] = [await trailOf(3), await trailOf(3), await trailOf(3)];
    await tamper('DELETE FROM audit_entry WHERE tenant_id = $1 AND seq = 1', [first.tenantId]);
    await tamper('DELETE FROM audit_entry WHERE tenant_id = $1 AND seq = 2', [middle.tenantId]);
    await tamper('DELETE FROM audit_entry WHERE tenant_id = $1 AND seq = 2', [closed.tenantId]);
    await tamper('UPDATE audit_entry SET seq = 2 WHERE tenant_id = $1 AND seq = 3', [closed.tenantId]);
    const missing = { ok: false, problem: 'it is missing' };
    await expect(verifyAudit(system, first.tenantId)).resolves.toMatchObject({ ...missing, seq: 1 });
    await expect(verifyAudit(system, middle.tenantId)).resolves.toMatchObject({ ...missing, seq: 2 });
    await expect(verifyAudit(system, closed.tenantId)).resolves.toMatchObject({ ok: false, seq: 2 });
  });

  it('names an entry that was written anew by itself, and does not follow the one before', async () => {
    const by = await trailOf(4);
    await tamper(
      `UPDATE audit_entry e SET previous_hash = 'x', hash = sha256('x'::bytea || convert_to(${AUDIT_CONTENT('e')}, 'UTF8'))
        WHERE tenant_id = $1 AND seq = 3`,
      [by.tenantId],
    );
    const broken = { ok: false, seq: 3, problem: 'it does not follow the entry before it' };
    await expect(verifyAudit(system, by.tenantId)).resolves.toMatchObject(broken);
  });

  it('sees by a head that was kept elsewhere that the end was cut off, or written anew', async () => {
    const by = await trailOf(4);
    const { head } = (await verifyAudit(system, by.tenantId)) as { head: { seq: number; hash: string } };
    await expect(verifyAudit(system, by.tenantId, head)).resolves.toMatchObject({ ok: true });
    await tamper('DELETE FROM audit_entry WHERE tenant_id = $1 AND seq = 4', [by.tenantId]);
    await expect(verifyAudit(system, by.tenantId)).resolves.toMatchObject({ ok: true, entries: 3 });
    const cut = { ok: false, seq: 4, problem: 'the end was cut off' };
    await expect(verifyAudit(system, by.tenantId, head)).resolves.toMatchObject(cut);
    await record(by, 40);
    const other = { ok: false, seq: 4, problem: 'it is not the one that was kept' };
    await expect(verifyAudit(system, by.tenantId, head)).resolves.toMatchObject(other);
  });

  it('is a command, whose exit code tells', async () => {
    const by = await trailOf(3);
    const lines: string[] = [];
    const write = jest
      .spyOn(process.stdout, 'write')
      .mockImplementation((line) => lines.push(String(line)) > 0);
    const complain = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const run = (...args: string[]) =>
      auditCli(args, (url) => open(url, roles.system, 1).initialize(), database.url);
    try {
      await expect(run('verify', by.tenantId)).resolves.toBe(0);
      const { head } = JSON.parse(lines.at(-1)!) as { head: { seq: number; hash: string } };
      await expect(run('verify', by.tenantId, `${head.seq}:${head.hash}`)).resolves.toBe(0);
      await tamper(`UPDATE audit_entry SET action = 'x' WHERE tenant_id = $1 AND seq = 2`, [by.tenantId]);
      await expect(run('verify', by.tenantId)).resolves.toBe(1);
      expect(JSON.parse(lines.at(-1)!)).toMatchObject({ tenantId: by.tenantId, ok: false, seq: 2 });
      await expect(run('verify')).resolves.toBe(1);
      await expect(run()).resolves.toBe(2);
      await expect(run('verify', by.tenantId, '3:abc')).resolves.toBe(2);
    } finally {
      write.mockRestore();
      complain.mockRestore();
    }
  });
});

it('tells what changed, and only that', () => {
  expect(difference({ a: 1, b: [1], c: 'x' }, { a: 1, b: [2], c: 'x' })).toEqual({
    before: { b: [1] },
    after: { b: [2] },
  });
  expect(difference({ a: 1 }, { a: 1 })).toBeUndefined();
});
