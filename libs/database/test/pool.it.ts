import { isTransient } from '@scrm/platform';
import { createTestDatabase, standStill, TcpProxy, type TestDatabase } from '@scrm/testing';
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource, createRole } from '../src';

/** Of the whole server, which other test files use too. */
const ROLE = `test_pool_${randomBytes(4).toString('hex')}`;

describe('the connections of a service', () => {
  let database: TestDatabase;
  let network: TcpProxy;
  let source: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase(async (url) => {
      const owner = new Client({ connectionString: url });
      await owner.connect();
      await owner.query(createRole(ROLE));
      await owner.end();
    });
  });
  beforeEach(async () => {
    network = await TcpProxy.to(database.url);
    source = await open();
  });
  afterEach(async () => {
    await source.destroy();
    await network.close();
  });
  afterAll(async () => {
    await database.drop();
    const admin = new Client({ connectionString: process.env.TEST_DATABASE_URL });
    await admin.connect();
    await admin.query(`DROP ROLE ${ROLE}`);
    await admin.end();
  });

  const open = (url = network.url, silenceMs = 7_500) =>
    createDataSource({
      url,
      schema: 'public',
      applicationName: 'test',
      entities: [],
      poolSize: 2,
      role: ROLE,
      silenceMs,
    }).initialize();
  const takes = (seconds: number) => source.query(`SELECT pg_sleep(${seconds})`);
  const one = () => source.query<{ one: number }[]>('SELECT 1 AS one');

  it('are waited for where others have all of them, longer than for one that is opened', async () => {
    const others = [takes(1.5), takes(1.5)];
    await expect(one()).resolves.toEqual([{ one: 1 }]);
    await Promise.all(others);
  });

  it('are not waited for as long as an answer would be of use', async () => {
    const others = [takes(4), takes(4)];
    const error: unknown = await one().catch((e: unknown) => e);
    expect(error).toMatchObject({ message: 'timeout exceeded when trying to connect' });
    expect(isTransient(error)).toBe(true);
    await Promise.all(others);
  });

  it('are given up after a second where opening one leads nowhere', async () => {
    // The one that is open is in use, so the next one who asks opens another.
    const other = takes(0.2);
    network.swallow();
    const begun = performance.now();
    const error: unknown = await one().catch((e: unknown) => e);
    expect(performance.now() - begun).toBeLessThan(2_500);
    expect(error).toBeInstanceOf(Error);
    expect(isTransient(error)).toBe(true);
    network.accept();
    await expect(one()).resolves.toEqual([{ one: 1 }]);
    network.cut();
    await expect(other).rejects.toThrow();
  });

  it('read the answer that came while the process stood still', async () => {
    await source.destroy();
    source = await open(database.url, 400);
    const answer = source.query<object[]>('SELECT 1 AS one FROM pg_sleep(0.2)');
    // The question leaves within a few turns.
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    standStill(800);
    await expect(answer).resolves.toEqual([{ one: 1 }]);
  });
});
