import { LocalKeyWrapper, MasterKeyError } from '@scrm/platform';
import { createTestDatabase, openConnections, type TestDatabase } from '@scrm/testing';
import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import {
  createDataSource,
  createRole,
  KeyVault,
  migrate,
  rotateTenantKey,
  schemaDrift,
  SealedValueError,
  TenantKey,
  tenantKeyTable,
  tenantsWithSecrets,
} from '../src';

const SCHEMA = 'shop';
const APP = `test_keys_${randomBytes(4).toString('hex')}`;
const SYSTEM = `${APP}_system`;

class Initial1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner) {
    for (const role of [APP, SYSTEM]) {
      await runner.query(createRole(role));
      await runner.query(`GRANT USAGE ON SCHEMA ${SCHEMA} TO ${role}`);
    }
    for (const sql of tenantKeyTable({ app: APP, system: SYSTEM })) await runner.query(sql);
    await runner.query(
      'CREATE TABLE safe (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, secret bytea NOT NULL)',
    );
    await runner.query('CREATE INDEX safe_tenant ON safe (tenant_id, id)');
    await runner.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON safe TO ${SYSTEM}`);
  }
  async down() {}
}
const source = (url: string, role?: string) =>
  createDataSource({
    url,
    schema: SCHEMA,
    applicationName: 'test-keys',
    entities: [TenantKey],
    migrations: [Initial1700000000000],
    ...(role && { role }),
  });

let database: TestDatabase;
let system: DataSource;
const [older, newer] = [randomBytes(32), randomBytes(32)];
const vaultWith = (...masterKeys: Buffer[]) => new KeyVault(system, SCHEMA, new LocalKeyWrapper(masterKeys));
const columns = (vault: KeyVault) => [
  {
    table: 'safe',
    column: 'secret',
    open: (sealed: Buffer, place: typeof here) => vault.open(sealed, place),
  },
];

beforeAll(async () => {
  database = await createTestDatabase((url) => migrate(source(url), SCHEMA));
  system = await source(database.url, SYSTEM).initialize();
});
afterAll(async () => {
  await system.destroy();
  await database.drop();
  const admin = new Client({ connectionString: process.env.TEST_DATABASE_URL });
  await admin.connect();
  await admin.query(`DROP ROLE ${APP}, ${SYSTEM}`);
  await admin.end();
});

let here: { tenantId: string; column: string; rowId: string };
let vault: KeyVault;
beforeEach(() => {
  here = { tenantId: randomUUID(), column: 'safe.secret', rowId: randomUUID() };
  vault = vaultWith(older);
});
const put = async (secret: string, place = { ...here, rowId: randomUUID() }, by = vault) => {
  await system.query('INSERT INTO safe (id, tenant_id, secret) VALUES ($1, $2, $3)', [
    place.rowId,
    place.tenantId,
    await by.seal(secret, place),
  ]);
  return place;
};
const stored = async (place: typeof here) => {
  const [row] = await system.query<{ secret: Buffer }[]>('SELECT secret FROM safe WHERE id = $1', [
    place.rowId,
  ]);
  return row!.secret;
};
const keysOf = (tenantId: string) =>
  system.query<{ id: string; master: string; retired: boolean }[]>(
    `SELECT id, master_key_id AS master, retired_at IS NOT NULL AS retired FROM tenant_key
      WHERE tenant_id = $1 ORDER BY id`,
    [tenantId],
  );

describe('a sealed value', () => {
  it.each(['EAAG-token', '', 'Grüße 😀', 'x'.repeat(10_000)])(
    'is opened by another process: %#',
    async (secret) => {
      const sealed = await vault.seal(secret, here);
      expect(secret !== '' && sealed.includes(secret)).toBe(false);
      await expect(vaultWith(older).open(sealed, here)).resolves.toBe(secret);
    },
  );

  it('opens nowhere but where it belongs', async () => {
    const sealed = await vault.seal('secret', here);
    const there = { ...here, tenantId: randomUUID() };
    await vault.seal('of another', there);
    for (const place of [there, { ...here, rowId: randomUUID() }, { ...here, column: 'safe.other' }])
      await expect(vault.open(sealed, place)).rejects.toThrow(SealedValueError);
  });

  it('does not open with a flipped bit or cut, wherever', async () => {
    const sealed = await vault.seal('secret', here);
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed);
      changed[i]! ^= 1;
      await expect(vault.open(changed, here)).rejects.toThrow(SealedValueError);
      await expect(vault.open(sealed.subarray(0, i), here)).rejects.toThrow(SealedValueError);
    }
  });

  it('does not open where somebody gave the tenant the key of another', async () => {
    const sealed = await vault.seal('secret', here);
    const another = randomUUID();
    await vault.seal('of another', { ...here, tenantId: another });
    const wrapped = async (tenantId: string) =>
      (
        await system.query<{ id: string; wrapped: Buffer }[]>(
          'SELECT id, wrapped FROM tenant_key WHERE tenant_id = $1',
          [tenantId],
        )
      )[0]!;
    const mine = await wrapped(here.tenantId);
    const put = (bytes: Buffer) =>
      system.query('UPDATE tenant_key SET wrapped = $2 WHERE id = $1', [mine.id, bytes]);
    await put((await wrapped(another)).wrapped);
    await expect(vaultWith(older).open(sealed, here)).rejects.toThrow(SealedValueError);
    // One tenant's trouble keeps nobody else from working, nor from a new master key.
    await expect(vaultWith(older).check()).resolves.toBeUndefined();
    await expect(vaultWith(newer, older).rewrap()).resolves.toMatchObject({ unreadable: [mine.id] });
    await put(mine.wrapped);
    await vaultWith(older, newer).rewrap();
    await expect(vaultWith(older).open(sealed, here)).resolves.toBe('secret');
  });
});

describe('a tenant', () => {
  it('has one key, though many processes make it at the same moment', async () => {
    await openConnections(system, 5);
    const sealed = await Promise.all(
      Array.from({ length: 10 }, (_, n) => vaultWith(older).seal(`secret ${n}`, here)),
    );
    expect(await keysOf(here.tenantId)).toHaveLength(1);
    for (const [n, value] of sealed.entries())
      await expect(vault.open(value, here)).resolves.toBe(`secret ${n}`);
  });

  it('gets a new key: its values are sealed again, and those that others hold open meanwhile and afterwards', async () => {
    const places = [];
    for (let n = 0; n < 250; n++) places.push(await put(`secret ${n}`));
    const theirs = await put('theirs', { ...here, tenantId: randomUUID(), rowId: randomUUID() });
    const before = await stored(places[0]!);
    const untouched = await stored(theirs);
    let reads = 0;
    let over = false;
    const reading = (async () => {
      const service = vaultWith(older);
      while (!over) {
        const n = reads++ % places.length;
        expect(await service.open(await stored(places[n]!), places[n]!)).toBe(`secret ${n}`);
      }
    })();
    const rotation = await rotateTenantKey(system, vaultWith(older), here.tenantId, columns(vault));
    over = true;
    await reading;
    expect(rotation).toEqual({ tenantId: here.tenantId, resealed: 250, unreadable: [] });
    expect(reads).toBeGreaterThan(10);
    expect((await keysOf(here.tenantId)).map(({ retired }) => retired)).toEqual([true, false]);
    for (const [n, place] of places.entries())
      await expect(vault.open(await stored(place), place)).resolves.toBe(`secret ${n}`);
    await expect(vault.open(before, places[0]!)).resolves.toBe('secret 0');
    expect(await stored(places[0]!)).not.toEqual(before);
    expect(await stored(theirs)).toEqual(untouched);
    // What is sealed from now on, by whoever has been running all the time, has the new key.
    const [, active] = await keysOf(here.tenantId);
    const sealed = await vault.seal('new', here);
    expect(sealed.includes(Buffer.from(active!.id.replaceAll('-', ''), 'hex'))).toBe(true);
  });

  it('keeps what a rotation cannot read, and what is written at the same moment', async () => {
    const [broken, changing] = [await put('broken'), await put('old')];
    const bad = await stored(broken);
    bad[bad.length - 1]! ^= 1;
    await system.query('UPDATE safe SET secret = $2 WHERE id = $1', [broken.rowId, bad]);
    const [column] = columns(vault);
    const rotation = await rotateTenantKey(system, vault, here.tenantId, [
      {
        ...column!,
        open: async (sealed, place) => {
          const secret = await vault.open(sealed, place);
          const next = await vault.seal('changed', place);
          await system.query('UPDATE safe SET secret = $2 WHERE id = $1', [place.rowId, next]);
          return secret;
        },
      },
    ]);
    expect(rotation).toMatchObject({ resealed: 0, unreadable: [broken.rowId] });
    expect(await stored(broken)).toEqual(bad);
    await expect(vault.open(await stored(changing), changing)).resolves.toBe('changed');
  });

  it('gets keys one after the other, though two ask at the same moment', async () => {
    await put('secret');
    await Promise.all([1, 2, 3].map(() => rotateTenantKey(system, vault, here.tenantId, columns(vault))));
    expect((await keysOf(here.tenantId)).filter(({ retired }) => !retired)).toHaveLength(1);
    await expect(tenantsWithSecrets(system, columns(vault))).resolves.toContain(here.tenantId);
  });
});

describe('a master key', () => {
  it('is replaced by wrapping keys again: no value changes, and the old one is not needed any more', async () => {
    const place = await put('secret');
    const before = await stored(place);
    const both = vaultWith(newer, older);
    await rotateTenantKey(system, both, here.tenantId, []);
    await expect(vaultWith(newer).open(before, place)).rejects.toThrow(/SECRETS_KEY/);
    await expect(vaultWith(newer).check()).rejects.toThrow(/SECRETS_KEY/);
    expect((await both.rewrap()).rewrapped).toBeGreaterThan(0);
    expect(await stored(place)).toEqual(before);
    await expect(vaultWith(newer).open(before, place)).resolves.toBe('secret');
    await expect(vaultWith(newer).check()).resolves.toBeUndefined();
    await expect(vaultWith(older).open(before, place)).rejects.toThrow(MasterKeyError);
    // Who has unwrapped it before goes on.
    await expect(vault.open(before, place)).resolves.toBe('secret');
    await expect(both.rewrap()).resolves.toMatchObject({ rewrapped: 0 });
    await vaultWith(older, newer).rewrap();
  });
});

describe('the keys of tenants', () => {
  it('are not for those who ask in the name of a person', async () => {
    const app = await source(database.url, APP).initialize();
    for (const sql of ['SELECT wrapped FROM tenant_key', 'DELETE FROM tenant_key'])
      await expect(app.query(sql)).rejects.toThrow(/permission denied/);
    await app.destroy();
    await expect(system.query('DELETE FROM tenant_key')).rejects.toThrow(/permission denied/);
  });

  it('lie under row-level security, and their table is what the entity says', async () => {
    const owner = await source(database.url).initialize();
    const [table] = await owner.query<object[]>(
      `SELECT relrowsecurity AS on, relforcerowsecurity AS forced FROM pg_class WHERE relname = 'tenant_key'`,
    );
    expect(table).toEqual({ on: true, forced: true });
    const drift = (await schemaDrift(owner)).filter((sql) => sql.includes('tenant_key'));
    expect(drift).toEqual([]);
    await owner.destroy();
  });
});
