import { Health } from '@scrm/platform';
import type { TestDatabase } from '@scrm/testing';
import { SigningKeyRepository } from '../src/signing-key/signing-key.repository';
import { SigningKeyService } from '../src/signing-key/signing-key.service';
import { asRole, createIdentityDatabase, SYSTEM_ROLE } from './stack';

let database: TestDatabase;
beforeAll(async () => {
  database = await createIdentityDatabase();
});
afterAll(() => database.drop());

it('ends with one active key when many pods start at the same moment', async () => {
  await asRole(database.url, SYSTEM_ROLE, async (db) => {
    const pods = Array.from(
      { length: 5 },
      () => new SigningKeyService(new SigningKeyRepository(db), new Health()),
    );
    const kids = await Promise.all(pods.map(async (pod) => (await pod.active()).kid));
    expect(new Set(kids).size).toBe(1);
    expect(await db.query('SELECT kid FROM signing_key')).toEqual([{ kid: kids[0] }]);
  });
});

it('publishes no private part', async () => {
  await asRole(database.url, SYSTEM_ROLE, async (db) => {
    const { keys } = await new SigningKeyService(new SigningKeyRepository(db), new Health()).jwks();
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0]!).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(keys[0]).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
  });
});

it('tries again after the database failed', async () => {
  const failsFirstTime = {
    calls: 0,
    loadOrCreate: async () => {
      if (failsFirstTime.calls++ === 0) throw new Error('database is away');
      return [{ kid: 'k' }];
    },
  };
  const keys = new SigningKeyService(failsFirstTime as unknown as SigningKeyRepository, new Health());
  await expect(keys.active()).rejects.toThrow('database is away');
  await expect(keys.active()).resolves.toMatchObject({ kid: 'k' });
});
