import { Drain, Health, isTransient } from '@scrm/platform';
import { createTestDatabase, eventually, TcpProxy, type TestDatabase } from '@scrm/testing';
import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import {
  createDataSource,
  createRole,
  DatabaseModule,
  inTenant,
  migrate,
  schemaDrift,
  tenantIsolation,
  violatedConstraint,
} from '../src';

const SCHEMA = 'shop';
// Roles belong to the whole server, which other test files use too.
const ROLE = `test_app_${randomBytes(4).toString('hex')}`;
const SYSTEM = `${ROLE}_system`;

class Initial1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner) {
    for (const role of [ROLE, SYSTEM]) {
      await runner.query(createRole(role));
      await runner.query(`GRANT USAGE ON SCHEMA ${SCHEMA} TO ${role}`);
    }
    await runner.query(
      `CREATE TABLE ${SCHEMA}.item (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, name text,
         CONSTRAINT item_name UNIQUE (tenant_id, name))`,
    );
    await runner.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${SCHEMA}.item TO ${ROLE}, ${SYSTEM}`);
    for (const sql of tenantIsolation(`${SCHEMA}.item`, { app: ROLE, system: SYSTEM }))
      await runner.query(sql);
  }
  async down() {}
}
class Second1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner) {
    await runner.query(`ALTER TABLE ${SCHEMA}.item ADD COLUMN note text`);
  }
  async down() {}
}
const MIGRATIONS = [Initial1700000000000, Second1700000000001];

const owner = (url: string) =>
  createDataSource({
    url,
    schema: SCHEMA,
    applicationName: 'test-owner',
    entities: [],
    migrations: MIGRATIONS,
  });
const silent = { warn: () => undefined } as never;

describe('the database', () => {
  let database: TestDatabase;
  const opened: DataSource[] = [];

  beforeAll(async () => {
    database = await createTestDatabase((url) => migrate(owner(url), SCHEMA));
  });
  afterEach(async () => {
    for (const source of opened.splice(0)) if (source.isInitialized) await source.destroy();
  });
  afterAll(async () => {
    await database.drop();
    const admin = new Client({ connectionString: process.env.TEST_DATABASE_URL });
    await admin.connect();
    await admin.query(`DROP ROLE ${ROLE}, ${SYSTEM}`);
    await admin.end();
  });

  async function open({ role = ROLE, poolSize = 2, url = database.url, silenceMs = 0 } = {}) {
    const source = createDataSource({
      url,
      schema: SCHEMA,
      applicationName: 'test',
      entities: [],
      poolSize,
      role,
      ...(silenceMs > 0 && { silenceMs }),
    });
    opened.push(source);
    return source.initialize();
  }
  const openAsOwner = async () => {
    const source = owner(database.url);
    opened.push(source);
    return source.initialize();
  };
  const add = (source: DataSource, tenant: string, name: string) =>
    inTenant(source, tenant, (manager) =>
      manager.query('INSERT INTO item (id, tenant_id, name) VALUES ($1, $2, $3)', [
        randomUUID(),
        tenant,
        name,
      ]),
    );
  const namesOf = (rows: { name: string }[]) => rows.map((row) => row.name).sort();

  describe('with a tenant', () => {
    it('shows that tenant its rows and no others', async () => {
      const source = await open();
      const [a, b] = [randomUUID(), randomUUID()];
      await add(source, a, 'of a');
      await add(source, b, 'of b');
      const seen = (tenant: string) =>
        inTenant(source, tenant, async (m) => namesOf(await m.query('SELECT name FROM item')));
      expect([await seen(a), await seen(b), await seen(randomUUID())]).toEqual([['of a'], ['of b'], []]);
    });

    it('keeps many interleaved transactions apart on two connections', async () => {
      const source = await open();
      const tenants = Array.from({ length: 40 }, () => randomUUID());
      const seen = await Promise.all(
        tenants.map((tenant, n) =>
          inTenant(source, tenant, async (manager) => {
            await manager.query('INSERT INTO item (id, tenant_id, name) VALUES ($1, $2, $3)', [
              randomUUID(),
              tenant,
              `item ${n}`,
            ]);
            await new Promise(setImmediate);
            return namesOf(await manager.query('SELECT name FROM item'));
          }),
        ),
      );
      expect(seen).toEqual(tenants.map((_, n) => [`item ${n}`]));
    });

    it('neither writes nor moves a row into another one', async () => {
      const source = await open();
      const [a, b] = [randomUUID(), randomUUID()];
      await add(source, a, 'mine');
      const intoB = 'INSERT INTO item (id, tenant_id, name) VALUES (gen_random_uuid(), $1, $2)';
      await expect(inTenant(source, a, (m) => m.query(intoB, [b, 'x']))).rejects.toThrow(
        /row-level security/,
      );
      await expect(
        inTenant(source, a, (m) => m.query('UPDATE item SET tenant_id = $1', [b])),
      ).rejects.toThrow(/row-level security/);
      await inTenant(source, b, (m) => m.query('DELETE FROM item'));
      await expect(inTenant(source, a, (m) => m.query('SELECT name FROM item'))).resolves.toHaveLength(1);
    });

    it.each([
      ['committed', () => Promise.resolve()],
      ['failed', () => Promise.reject(new Error('no'))],
    ])('leaves nothing of it on the connection after it %s', async (_, end) => {
      const source = await open({ poolSize: 1 });
      const tenant = randomUUID();
      await add(source, tenant, 'secret');
      await inTenant(source, tenant, end).catch(() => undefined);
      const [setting] = await source.query<{ tenant: string }[]>(
        `SELECT current_setting('scrm.tenant_id', true) AS tenant`,
      );
      expect(setting!.tenant || null).toBeNull();
      await expect(source.query('SELECT * FROM item')).resolves.toEqual([]);
    });
  });

  it('shows nothing to a connection without a tenant, and everything to the system role', async () => {
    const tenant = randomUUID();
    await add(await open(), tenant, 'somewhere');
    await expect((await open()).query('SELECT * FROM item')).resolves.toEqual([]);
    const all = await (await open({ role: SYSTEM })).query<{ tenant_id: string }[]>('SELECT * FROM item');
    expect(all.map((row) => row.tenant_id)).toContain(tenant);
  });

  it('runs as a role that neither owns the tables nor bypasses their policies, with limits', async () => {
    const source = await open();
    const [role] = await source.query<object[]>(
      `SELECT current_user = $1 AS taken, rolsuper, rolbypassrls,
         EXISTS (SELECT FROM pg_tables WHERE schemaname = $2 AND tableowner = current_user) AS owns
       FROM pg_roles WHERE rolname = current_user`,
      [ROLE, SCHEMA],
    );
    expect(role).toEqual({ taken: true, rolsuper: false, rolbypassrls: false, owns: false });
    const limits = [
      'statement_timeout',
      'lock_timeout',
      'idle_in_transaction_session_timeout',
      'max_parallel_workers_per_gather',
    ];
    const shown = await Promise.all(limits.map((limit) => source.query<object[]>(`SHOW ${limit}`)));
    expect(shown.map(([row]) => Object.values(row!)[0])).toEqual(['5s', '2s', '10s', '0']);
  });

  describe('an error', () => {
    it('passes by itself when the backend was killed in the middle', async () => {
      const source = await open({ poolSize: 1 });
      const admin = await openAsOwner();
      // Many times: the end is heard before, during or after the next statement, and is told differently each time.
      for (let round = 0; round < 30; round++) {
        const killed = await inTenant(source, randomUUID(), async (manager) => {
          const [{ pid }] = (await manager.query('SELECT pg_backend_pid() AS pid')) as [{ pid: number }];
          await admin.query('SELECT pg_terminate_backend($1)', [pid]);
          await manager.query('SELECT 1');
        }).catch((error: unknown) => error);
        expect([killed, isTransient(killed)]).toEqual([killed, true]);
      }
      await expect(source.query('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
    });

    it('passes by itself when a lock was not free in time', async () => {
      const source = await open();
      const tenant = randomUUID();
      await add(source, tenant, 'locked');
      const error = await inTenant(source, tenant, async (holder) => {
        await holder.query('SELECT * FROM item FOR UPDATE');
        return inTenant(source, tenant, (m) => m.query('SELECT * FROM item FOR UPDATE')).catch(
          (e: unknown) => e,
        );
      });
      expect(error).toMatchObject({ driverError: { code: '55P03' } });
      expect(isTransient(error)).toBe(true);
    });

    it('names the constraint that a row broke, and that does not pass by itself', async () => {
      const source = await open();
      const tenant = randomUUID();
      await add(source, tenant, 'once');
      const error: unknown = await add(source, tenant, 'once').catch((e: unknown) => e);
      expect(violatedConstraint(error)).toBe('item_name');
      expect(isTransient(error)).toBe(false);
      const other: unknown = await source.query('SELECT 1/0').catch((e: unknown) => e);
      expect([violatedConstraint(other), isTransient(other)]).toEqual([undefined, false]);
    });
  });

  describe('where the network swallows everything', () => {
    let network: TcpProxy;
    beforeEach(async () => (network = await TcpProxy.to(database.url)));
    afterEach(() => network.close());

    const one = (source: DataSource) => source.query<{ one: number }[]>('SELECT 1 AS one');
    const failure = (work: Promise<unknown>) => work.catch((error: unknown) => error);

    it('ends what hangs, in a transaction or not, with an error that passes by itself', async () => {
      const source = await open({ url: network.url, silenceMs: 500 });
      const begun = inTenant(source, randomUUID(), async (manager) => {
        network.freeze();
        await manager.query('SELECT 1');
      });
      const errors = [await failure(begun)];
      await one(source);
      network.freeze();
      errors.push(await failure(one(source)));
      expect(errors).toEqual([expect.any(Error), expect.any(Error)]);
      expect(errors.map(isTransient)).toEqual([true, true]);
    });

    it('gives none of the hanging connections to the next one who asks', async () => {
      const source = await open({ url: network.url, poolSize: 5, silenceMs: 500 });
      await Promise.all(Array.from({ length: 5 }, () => source.query('SELECT pg_sleep(0.1)')));
      network.freeze();
      const begun = performance.now();
      // One finds out; the other four connections lie idle and are as dead.
      expect(isTransient(await failure(one(source)))).toBe(true);
      for (let i = 0; i < 5; i++) await expect(one(source)).resolves.toEqual([{ one: 1 }]);
      expect(performance.now() - begun).toBeLessThan(1_500);
    });

    it('keeps a connection that only takes its time', async () => {
      const source = await open({ url: network.url, poolSize: 1, silenceMs: 400 });
      const pid = () => source.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
      const before = await pid();
      await source.transaction((manager) =>
        Promise.all(Array.from({ length: 4 }, () => manager.query('SELECT pg_sleep(0.2)'))),
      );
      expect(await pid()).toEqual(before);
    });
  });

  describe('migrating', () => {
    it('twice at the same time does everything once', async () => {
      const fresh = await createTestDatabase(() => Promise.resolve());
      const done = await Promise.all(Array.from({ length: 3 }, () => migrate(owner(fresh.url), SCHEMA)));
      expect(done.flat().sort()).toEqual(MIGRATIONS.map((m) => m.name));
      await expect(migrate(owner(fresh.url), SCHEMA)).resolves.toEqual([]);
      const source = await owner(fresh.url).initialize();
      const applied = await source.query<{ name: string }[]>(
        `SELECT name FROM ${SCHEMA}.migration ORDER BY id`,
      );
      expect(namesOf(applied)).toEqual(MIGRATIONS.map((m) => m.name));
      await source.destroy();
      await fresh.drop();
    });

    it('that fails leaves no lock behind', async () => {
      const broken = createDataSource({
        url: database.url,
        schema: SCHEMA,
        applicationName: 'test',
        entities: [],
        migrations: [
          class Broken1700000000002 implements MigrationInterface {
            async up(runner: QueryRunner) {
              await runner.query('CREATE TABLE half (id int)');
              await runner.query('SELECT 1/0');
            }
            async down() {}
          },
        ],
      });
      // TypeORM says so on the console, whatever its logging is set to.
      const log = jest.spyOn(console, 'log').mockImplementation();
      await expect(migrate(broken, SCHEMA)).rejects.toThrow('division by zero');
      log.mockRestore();
      await expect(migrate(owner(database.url), SCHEMA)).resolves.toEqual([]);
      const half = await (
        await openAsOwner()
      ).query<object[]>(`SELECT to_regclass('${SCHEMA}.half') AS half`);
      expect(half).toEqual([{ half: null }]);
    });

    it('leaves nothing to change where no entity asks for anything', async () => {
      await expect(schemaDrift(await openAsOwner())).resolves.toEqual([]);
    });
  });

  it('may be away when the service starts: not ready until it is there, and closed at the end', async () => {
    const network = await TcpProxy.to(database.url);
    network.refuse();
    const source = createDataSource({
      url: network.url,
      schema: SCHEMA,
      applicationName: 'test',
      entities: [],
      role: ROLE,
    });
    const health = new Health();
    const drain = new Drain();
    new DatabaseModule([source], silent, health, drain).onModuleInit();
    expect(await health.readiness()).toEqual({ ready: false, checks: { database: 'not connected' } });
    network.accept();
    await eventually(async () => expect(await health.readiness()).toMatchObject({ ready: true }));
    network.cut();
    await eventually(async () => expect(await health.readiness()).toMatchObject({ ready: true }));
    await drain.run(silent);
    expect(source.isInitialized).toBe(false);
    await network.close();
  });
});
