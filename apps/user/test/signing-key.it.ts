import path from 'node:path';
import { sessionRefresh } from '@scrm/contracts';
import { Health, LocalKeyWrapper, TokenVerifier } from '@scrm/platform';
import { eventually, openConnections, runProgram, type TestDatabase } from '@scrm/testing';
import jwt from 'jsonwebtoken';
import type { DataSource } from 'typeorm';
import { rotateSigningKey } from '../src/signing-key/signing-key.operator';
import { SigningKeyRepository, type NewSigningKey } from '../src/signing-key/signing-key.repository';
import { SigningKeyService } from '../src/signing-key/signing-key.service';
import {
  agent,
  alter,
  asRole,
  createIdentityDatabase,
  leader,
  SECRETS_KEY,
  startUserStack,
  SYSTEM_ROLE,
  type UserStack,
} from './stack';

const CLI = path.join(__dirname, '../dist/keys.cli.js');
const otherKey = Buffer.alloc(32, 9).toString('base64');
const wrapper = new LocalKeyWrapper([Buffer.from(SECRETS_KEY, 'base64')]);

describe('the first signing key', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createIdentityDatabase();
  });
  afterAll(() => database.drop());
  const serviceOn = (db: DataSource) =>
    new SigningKeyService(new SigningKeyRepository(db), wrapper, new Health());

  it('is one, when many pods start at the same moment', async () => {
    await asRole(database.url, SYSTEM_ROLE, async (db) => {
      const pods = Array.from({ length: 5 }, () => serviceOn(db));
      await openConnections(db, pods.length);
      const kids = await Promise.all(pods.map(async (pod) => (await pod.active()).kid));
      expect(new Set(kids).size).toBe(1);
      expect(await db.query('SELECT kid FROM signing_key')).toEqual([{ kid: kids[0] }]);
    });
  });

  it('is published without its private part', async () => {
    await asRole(database.url, SYSTEM_ROLE, async (db) => {
      const { keys } = await serviceOn(db).jwks();
      expect(keys).toHaveLength(1);
      expect(Object.keys(keys[0]!).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      expect(keys[0]).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
    });
  });

  it('is read when the database is there, and kept when it goes away', async () => {
    await asRole(database.url, SYSTEM_ROLE, async (db) => {
      const real = new SigningKeyRepository(db);
      let away = true;
      const repository = {
        loadOrCreate: (create: () => Promise<NewSigningKey>) => real.loadOrCreate(create),
        published: async () => {
          if (away) throw new Error('database is away');
          return real.published();
        },
      } as unknown as SigningKeyRepository;
      const keys = new SigningKeyService(repository, wrapper, new Health());
      await expect(keys.active()).rejects.toThrow('database is away');
      away = false;
      const { kid } = await keys.active();
      away = true;
      await expect(keys.jwks()).resolves.toMatchObject({ keys: [{ kid }] });
      await expect(keys.active()).resolves.toMatchObject({ kid });
    });
  });
});

describe('signing keys', () => {
  let stack: UserStack;
  beforeAll(async () => {
    stack = await startUserStack();
  });
  afterAll(() => stack.close());

  interface Row {
    kid: string;
    private: string | null;
    sealed: string | null;
    master: string | null;
    retired: boolean;
  }
  const rows = () =>
    stack.query<Row>(
      `SELECT kid, private_key AS private, encode(sealed_key, 'escape') AS sealed, master_key_id AS master,
                retired_at IS NOT NULL AS retired FROM signing_key ORDER BY created_at`,
    );
  const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
    runProgram(CLI, args, { DATABASE_URL: stack.databaseUrl, SECRETS_KEY, ...env });
  const jwksUrl = () => `${stack.url}/.well-known/jwks.json`;
  const published = async () => {
    const { keys } = (await (await fetch(jwksUrl())).json()) as { keys: { kid: string }[] };
    return keys.map(({ kid }) => kid);
  };
  const kidOf = (token: string) => jwt.decode(token, { complete: true })!.header.kid!;
  const verifier = () => new TokenVerifier({ jwksUrl: jwksUrl(), issuer: 'scrm', audience: 'scrm' });

  it('are replaced while people work: nobody is signed out', async () => {
    const service = verifier();
    const before = await stack.signIn(agent);
    await service.verify(before.accessToken);
    const old = kidOf(before.accessToken);
    const { kid } = await asRole(stack.databaseUrl, SYSTEM_ROLE, (db) => rotateSigningKey(db, wrapper));
    expect(kid).not.toBe(old);
    // Whoever publishes, publishes both at once, also before it signs with the new one.
    expect(await published()).toEqual([kid, old]);
    const signedWithNew = await eventually(async () => {
      const session = await stack.signIn(leader);
      expect(kidOf(session.accessToken)).toBe(kid);
      return session;
    });
    for (const token of [before.accessToken, signedWithNew.accessToken]) {
      for (const checker of [service, verifier()])
        await expect(checker.verify(token)).resolves.toHaveProperty('agentId');
      await expect(stack.works(token)).resolves.toHaveProperty('items');
    }
    const next = await stack.rpc.call(sessionRefresh, { refreshToken: before.refreshToken });
    expect(kidOf(next.accessToken)).toBe(kid);
    await expect(service.verify(next.accessToken)).resolves.toHaveProperty('agentId', agent.id);
    // Tokens live ten minutes; then nobody needs the old key.
    await alter(
      stack.databaseUrl,
      'signing_key',
      `UPDATE signing_key SET retired_at = now() - interval '16 minutes' WHERE kid = '${old}'`,
    );
    expect(await published()).toEqual([kid]);
    await expect(verifier().verify(before.accessToken)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(verifier().verify(next.accessToken)).resolves.toHaveProperty('agentId');
  });

  it('are sealed, and a retired one has no private half any more', async () => {
    const { code, out } = await run(['rotate-signing']);
    expect(code).toBe(0);
    const { kid } = JSON.parse(out) as { kid: string };
    const all = await rows();
    const active = all.filter(({ retired }) => !retired);
    expect(active).toMatchObject([{ kid, private: null, master: wrapper.masterKeyId }]);
    expect(active[0]!.sealed).not.toContain('PRIVATE KEY');
    const retired = all.filter(({ retired: is }) => is);
    expect(retired.length).toBeGreaterThan(0);
    for (const key of retired) expect(key).toMatchObject({ private: null, sealed: null, master: null });
  });

  it('of before they were sealed sign on, and are sealed by rotate-master', async () => {
    const { privateKey, kid } = await new SigningKeyService(
      {
        published: async () =>
          asRole(stack.databaseUrl, SYSTEM_ROLE, (db) => new SigningKeyRepository(db).published()),
      } as never,
      wrapper,
      new Health(),
    ).active();
    await alter(
      stack.databaseUrl,
      'signing_key',
      `UPDATE signing_key SET private_key = '${privateKey}', sealed_key = NULL, master_key_id = NULL WHERE kid = '${kid}'`,
    );
    const upgraded = () =>
      asRole(stack.databaseUrl, SYSTEM_ROLE, (db) =>
        new SigningKeyService(new SigningKeyRepository(db), wrapper, new Health()).active(),
      );
    await expect(upgraded()).resolves.toEqual({ kid, privateKey });
    const { code, out } = await run(['rotate-master']);
    expect([code, JSON.parse(out)]).toMatchObject([0, { rewrapped: 1, unreadable: [], withoutDataKey: 0 }]);
    expect((await rows()).at(-1)).toMatchObject({ kid, private: null, master: wrapper.masterKeyId });
    await expect(upgraded()).resolves.toEqual({ kid, privateKey });
  });

  it('get another master key, and then need only that', async () => {
    const { kid } = (await rows()).at(-1)!;
    await eventually(async () => expect(kidOf((await stack.signIn(agent)).accessToken)).toBe(kid));
    const [both, next] = [
      `${otherKey},${SECRETS_KEY}`,
      new LocalKeyWrapper([Buffer.from(otherKey, 'base64')]),
    ];
    expect((await run(['rotate-master'], { SECRETS_KEY: both })).code).toBe(0);
    await asRole(stack.databaseUrl, SYSTEM_ROLE, async (db) => {
      const repository = new SigningKeyRepository(db);
      await expect(new SigningKeyService(repository, next, new Health()).active()).resolves.toHaveProperty(
        'kid',
      );
      const stale = new SigningKeyService(repository, wrapper, new Health());
      await expect(stale.active()).rejects.toThrow(/SECRETS_KEY/);
    });
    // The service that runs has opened it before.
    await expect(stack.signIn(agent)).resolves.toHaveProperty('accessToken');
    await run(['rotate-master'], { SECRETS_KEY: `${SECRETS_KEY},${otherKey}` });
  });

  it.each([
    ['nothing to do', [], {}, 2, /usage: .*rotate-signing/],
    ['a word it does not know', ['constructor'], {}, 2, /usage/],
    ['too many words', ['rotate-signing', 'now'], {}, 2, /usage/],
    ['no database', ['rotate-signing'], { DATABASE_URL: '' }, 78, /DATABASE_URL/],
    ['no master key', ['rotate-signing'], { SECRETS_KEY: '' }, 78, /SECRETS_KEY/],
    ['a master key that is none', ['rotate-signing'], { SECRETS_KEY: 'short' }, 78, /32 bytes/],
    ['another master key', ['rotate-master'], { SECRETS_KEY: otherKey }, 1, /SECRETS_KEY/],
    ['a tenant without secrets', ['rotate-tenant', 'nobody'], {}, 1, /nobody/],
  ])('are left alone, with a word on it, by %s', async (_, args, env, code, says) => {
    const before = await rows();
    const outcome = await run(args, env);
    expect(outcome.code).toBe(code);
    expect(outcome.err).toMatch(says);
    expect(await rows()).toEqual(before);
  });
});
