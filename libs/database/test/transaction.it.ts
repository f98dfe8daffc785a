import { isTransient } from '@scrm/platform';
import { createTestDatabase, TcpProxy, type TestDatabase } from '@scrm/testing';
import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import {
  createDataSource,
  createRole,
  execute,
  poolOf,
  tenantIsolation,
  tenantTransaction,
  type Transaction,
} from '../src';

const ROLE = `test_road_${randomBytes(4).toString('hex')}`;
const ADD = 'INSERT INTO item (id, tenant_id, name) VALUES ($1, $2, $3)';
const NAMES = 'SELECT name FROM item ORDER BY name';
const A = randomUUID();
const B = randomUUID();

describe('a transaction of the roads', () => {
  let database: TestDatabase;
  let network: TcpProxy;
  let source: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase(async (url) => {
      const client = new Client({ connectionString: url });
      await client.connect();
      await client.query(
        'CREATE TABLE item (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, name text UNIQUE)',
      );
      await client.query(createRole(ROLE));
      await client.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON item TO ${ROLE}`);
      for (const sql of tenantIsolation('item', { app: ROLE })) await client.query(sql);
      await client.end();
    });
    network = await TcpProxy.to(database.url);
    source = await createDataSource({
      url: network.url,
      schema: 'public',
      applicationName: 'test',
      entities: [],
      poolSize: 1,
      role: ROLE,
    }).initialize();
  });
  afterAll(async () => {
    await source.destroy();
    await network.close();
    await database.drop();
    const admin = new Client({ connectionString: process.env.TEST_DATABASE_URL });
    await admin.connect();
    await admin.query(`DROP ROLE ${ROLE}`);
    await admin.end();
  });
  beforeEach(async () => {
    for (const tenant of [A, B]) await inside(tenant, (tx) => tx.query('DELETE FROM item'));
  });

  const inside = <T>(tenant: string, work: (tx: Transaction) => Promise<T>) =>
    tenantTransaction(source, tenant, work);
  const add = (tx: Transaction, tenant: string, name: string) => tx.send(ADD, [randomUUID(), tenant, name]);
  const names = (tenant: string) =>
    inside(tenant, async (tx) => (await tx.query<{ name: string }>(NAMES)).map((row) => row.name));
  const failure = (work: Promise<unknown>) =>
    work.catch((error: unknown) => error as Error & { code?: string });

  it('sends statements in their order without waiting for answers, and sees one tenant only', async () => {
    const seen = await inside(A, async (tx) => {
      add(tx, A, 'one');
      const first = tx.query<{ name: string }>(NAMES);
      add(tx, A, 'two');
      const second = tx.query<{ name: string }>(NAMES);
      return [(await first).length, (await second).length];
    });
    expect(seen).toEqual([1, 2]);
    expect([await names(A), await names(B)]).toEqual([['one', 'two'], []]);
  });

  it('commits with its last statement', async () => {
    const rows = await inside(A, async (tx) => {
      const answer = await tx.commitWith<{ name: string }>(`${ADD} RETURNING name`, [
        randomUUID(),
        A,
        'last',
      ]);
      expect(await names2()).toEqual(['last']);
      return answer;
    });
    expect(rows).toEqual([{ name: 'last' }]);

    /** By another connection: the one of the pool is taken. */
    async function names2() {
      const other = new Client({ connectionString: database.url });
      await other.connect();
      const { rows: all } = await other.query<{ name: string }>(`SET ROLE ${ROLE}`).then(async () => {
        await other.query(`SELECT set_config('scrm.tenant_id', $1, false)`, [A]);
        return other.query<{ name: string }>(NAMES);
      });
      await other.end();
      return all.map((row) => row.name);
    }
  });

  it('stores nothing where the work fails, and leaves the connection fit for use', async () => {
    const before = await execute<{ pid: number }>(source, 'SELECT pg_backend_pid() AS pid');
    const error = await failure(
      inside(A, async (tx) => {
        add(tx, A, 'never');
        await Promise.reject(new Error('changed my mind'));
      }),
    );
    expect(error).toMatchObject({ message: 'changed my mind' });
    expect(await names(A)).toEqual([]);
    expect(await execute(source, 'SELECT pg_backend_pid() AS pid')).toEqual(before);
  });

  it('fails with a statement that nobody waited for', async () => {
    const error = await failure(
      inside(A, async (tx) => {
        add(tx, A, 'twice');
        add(tx, A, 'twice');
        add(tx, A, 'behind');
      }),
    );
    expect(error).toMatchObject({ code: '23505' });
    expect(await names(A)).toEqual([]);
  });

  it('does not pass for committed where a failure was swallowed', async () => {
    const error = await failure(
      inside(A, async (tx) => {
        add(tx, A, 'one');
        await tx.query('SELECT 1 / $1::int', [0]).catch(() => undefined);
      }),
    );
    expect(error).toMatchObject({ message: 'the transaction was rolled back' });
    expect(await names(A)).toEqual([]);
  });

  it('refuses rows of another tenant', async () => {
    expect(await failure(inside(A, async (tx) => add(tx, B, 'theirs')))).toMatchObject({ code: '42501' });
  });

  it('leaves no tenant on the connection', async () => {
    await inside(A, async (tx) => add(tx, A, 'mine'));
    expect(await execute(source, NAMES)).toEqual([]);
  });

  it('gives a broken connection to nobody, and says that it passes', async () => {
    const error = await failure(
      inside(A, async (tx) => {
        await tx.query(NAMES);
        network.cut();
        await tx.query(NAMES);
      }),
    );
    expect(isTransient(error)).toBe(true);
    expect(await names(A)).toEqual([]);
  });

  it('has a text parsed once a connection, and again on another', async () => {
    const text = 'SELECT $1::text AS told';
    const parsed = async () =>
      execute<{ calls: number }>(
        source,
        `SELECT (generic_plans + custom_plans)::int AS calls FROM pg_prepared_statements WHERE statement = '${text}'`,
      );
    for (let i = 0; i < 3; i++) await execute(source, text, [String(i)]);
    expect(await parsed()).toEqual([{ calls: 3 }]);
    await poolOf(source)
      .query('SELECT pg_terminate_backend(pg_backend_pid())')
      .catch(() => undefined);
    expect(await execute(source, text, ['x'])).toEqual([{ told: 'x' }]);
    expect(await parsed()).toEqual([{ calls: 1 }]);
  });
});
