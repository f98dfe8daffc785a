import {
  accessAuditList,
  agentMe,
  apiKeyAllow,
  apiKeyCreate,
  apiKeyExchange,
  apiKeyList,
  apiKeyRevoke,
  roleCreate,
  agentUpdate,
  teamCreate,
  teamList,
  type Revocation,
} from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import { setTenantStatus } from '../src/tenant/tenant.operator';
import {
  admin,
  agent,
  alter,
  asRole,
  demo,
  leader,
  PROVISIONING_ROLE,
  refused,
  startUserStack,
  stranger,
  type UserStack,
} from './stack';

const forbidden = { code: 'forbidden' };
const notFound = { code: 'not_found' };

let stack: UserStack;
let token: string;
let told: Revocation[];

beforeAll(async () => {
  stack = await startUserStack({ API_KEY_REQUESTS_PER_MINUTE: 100, TENANT_REQUESTS_PER_MINUTE: 250 });
  told = await stack.hearRevocations();
  token = (await stack.signIn(admin)).accessToken;
});
afterAll(() => stack.close());

const create = (name: string, permissions: string[] = ['team.read'], by = token, expiresInDays = 90) =>
  stack.rpc.call(apiKeyCreate, { name, permissions, expiresInDays }, { token: by });
const exchange = (key: string) => stack.rpc.call(apiKeyExchange, { key });
const tokenOf = async (key: string) => (await exchange(key)).accessToken;
const revoke = (apiKeyId: string, by = token) => stack.rpc.call(apiKeyRevoke, { apiKeyId }, { token: by });
const list = (query: {
  q?: string;
  status?: 'active' | 'expired' | 'revoked';
  limit?: number;
  cursor?: string;
}) => stack.rpc.call(apiKeyList, query, { token });

describe('an API key', () => {
  it('does what it may, and nothing else', async () => {
    const { key, ...made } = await create('Reader');
    expect(made).toMatchObject({
      ...{
        name: 'Reader',
        permissions: ['team.read'],
        status: 'active',
        createdBy: admin.id,
        lastUsedAt: null,
      },
    });
    const mine = await tokenOf(key);
    await expect(stack.rpc.call(teamList, {}, { token: mine })).resolves.toBeDefined();
    await expect(stack.rpc.call(teamCreate, { name: 'X' }, { token: mine })).rejects.toMatchObject(forbidden);
    await expect(stack.rpc.call(agentMe, {}, { token: mine })).rejects.toMatchObject(forbidden);
    const { items } = await list({ q: 'rea' });
    expect(items[0]!.lastUsedAt).not.toBeNull();
  });

  it('is known to the database by its hash only', async () => {
    const { key } = await create('Hashed');
    const dump = await stack.query('SELECT a::text FROM api_key a');
    expect(JSON.stringify(dump)).not.toContain(key.split('_')[2]);
  });

  it.each([
    ['is none', () => 'hello'],
    ['names a key that does not exist', (key: string) => key.replace(/scrm_.{8}/, 'scrm_00000000')],
    ['has another secret', (key: string) => key.slice(0, -4) + (key.endsWith('AAAA') ? 'BBBB' : 'AAAA')],
    ['has no secret', (key: string) => key.slice(0, key.lastIndexOf('_') + 1)],
    ['says more than a key', (key: string) => `${key}x`],
  ])('that %s is refused', async (_, forge) => {
    const { key } = await create('Forged');
    await expect(exchange(forge(key))).rejects.toMatchObject(refused);
    await expect(exchange(key)).resolves.toBeDefined();
  });

  it('is refused at once when it is revoked, with the access tokens that it got', async () => {
    const { key, id } = await create('Lost');
    const mine = await tokenOf(key);
    await expect(revoke(id)).resolves.toMatchObject({ status: 'revoked' });
    await eventually(() => expect(told).toContainEqual({ kind: 'session', id }));
    await expect(stack.rpc.call(teamList, {}, { token: mine })).rejects.toMatchObject(refused);
    await expect(exchange(key)).rejects.toMatchObject(refused);
    await expect(revoke(id)).resolves.toMatchObject({ status: 'revoked' });
    const response = await fetch(`${stack.url}/.well-known/revocations.json`);
    const { revocations } = (await response.json()) as { revocations: Revocation[] };
    expect(revocations).toContainEqual(expect.objectContaining({ kind: 'session', id }));
  });

  it('ends when it expires, and so do its access tokens', async () => {
    const { key, id } = await create('Passing');
    const expireIn = (seconds: number) =>
      alter(
        stack.databaseUrl,
        'api_key',
        `UPDATE api_key SET expires_at = now() + interval '${seconds} s' WHERE id = '${id}'`,
      );
    await expireIn(100);
    const { expiresIn } = await exchange(key);
    expect(expiresIn).toBeLessThanOrEqual(100);
    expect(expiresIn).toBeGreaterThan(60);
    await expireIn(-1);
    await expect(exchange(key)).rejects.toMatchObject(refused);
    expect((await list({ status: 'expired' })).items.map((each) => each.id)).toEqual([id]);
  });

  it('of a suspended tenant is refused', async () => {
    await stack.asAdmin(stranger.agents[0]!.id);
    const theirs = (await stack.signIn(stranger.agents[0]!)).accessToken;
    const { key } = await create('Theirs', ['team.read'], theirs);
    const setStatus = (status: 'active' | 'suspended') =>
      asRole(stack.databaseUrl, PROVISIONING_ROLE, (db) => setTenantStatus(db, stranger.tenant.id, status));
    await setStatus('suspended');
    await expect(exchange(key)).rejects.toMatchObject(refused);
    await setStatus('active');
    await expect(exchange(key)).resolves.toBeDefined();
  });

  it('is in the audit trail, and so is what it does, by its id', async () => {
    const { key, id } = await create('Maker', ['team.manage']);
    await stack.rpc.call(teamCreate, { name: 'By a machine' }, { token: await tokenOf(key) });
    await revoke(id);
    const { items } = await stack.rpc.call(accessAuditList, { limit: 3 }, { token });
    expect(items.map(({ action, actor }) => [action, actor])).toEqual([
      ['api-key.revoked', { kind: 'agent', id: admin.id }],
      ['team.created', { kind: 'api-key', id }],
      ['api-key.created', { kind: 'agent', id: admin.id }],
    ]);
    expect(JSON.stringify(items)).not.toContain(key);
  });

  it.each([
    ['a permission that does not exist', ['team.destroy'], 'permissions.0'],
    ['making keys', ['team.read', 'api-key.manage'], 'permissions.1'],
    ['making roles', ['role.manage'], 'permissions.0'],
    ['nothing', [], 'permissions'],
  ])('cannot be for %s', async (_, permissions, path) => {
    const attempt = create('Wrong', permissions);
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_request' });
    const { errors } = (await attempt.catch((error: unknown) => error)) as { errors: { path: string }[] };
    expect(errors.map((e) => e.path)).toEqual([path]);
  });

  it.each([0, 367, 1.5])('is not for %d days', async (days) => {
    await expect(create('Long', ['team.read'], token, days)).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it('may do no more than who makes it', async () => {
    const grants = { 'api-key.manage': 'all', 'team.read': 'all', 'conversation.read': 'team' } as const;
    const { id: role } = await stack.rpc.call(roleCreate, { name: 'Integrator', grants }, { token });
    await stack.rpc.call(agentUpdate, { agentId: leader.id, role }, { token });
    const limited = (await stack.signIn(leader)).accessToken;
    await expect(create('Mine', ['team.read'], limited)).resolves.toBeDefined();
    await expect(create('More', ['message.send'], limited)).rejects.toMatchObject(forbidden);
    await expect(create('Farther', ['conversation.read'], limited)).rejects.toMatchObject(forbidden);
    const { id } = await create('Sender', ['message.send']);
    await expect(revoke(id, limited)).rejects.toMatchObject(forbidden);
  });

  it('is its tenant’s, and for those who may', async () => {
    const { id } = await create('Ours');
    const theirs = (await stack.signIn(stranger.agents[0]!)).accessToken;
    await expect(revoke(id, theirs)).rejects.toMatchObject(notFound);
    const { items } = await stack.rpc.call(apiKeyList, {}, { token: theirs });
    expect(items.map(({ name }) => name)).toEqual(['Theirs']);
    const agents = (await stack.signIn(agent)).accessToken;
    await expect(create('Mine', ['team.read'], agents)).rejects.toMatchObject(forbidden);
    await expect(stack.rpc.call(apiKeyList, {}, { token: agents })).rejects.toMatchObject(forbidden);
  });

  it('is listed with the others, the newest first, page after page', async () => {
    for (const name of ['List a', 'List b', 'List c']) await create(name);
    const first = await list({ q: 'list', limit: 2 });
    const second = await list({ q: 'list', limit: 2, cursor: first.nextCursor! });
    const names = [...first.items, ...second.items].map(({ name }) => name);
    expect([names, second.nextCursor]).toEqual([['List c', 'List b', 'List a'], null]);
  });

  it('is one of a hundred at most', async () => {
    const { items } = await list({ status: 'active', limit: 100 });
    for (let n = items.length; n < 97; n++) await create(`Many ${n}`);
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => create(`Many more ${n}`)));
    const failed = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(failed.map(({ reason }) => (reason as { code: string }).code)).toEqual(Array(5).fill('conflict'));
    for (const { id } of (await list({ q: 'many', status: 'active', limit: 100 })).items) await revoke(id);
  });
});

describe('what keys may ask in a minute', () => {
  const allow = (tenantId: string, apiKeyId: string, wanted: number) =>
    stack.rpc.call(apiKeyAllow, { tenantId, apiKeyId, wanted });
  const anew = () => stack.query(`UPDATE request_allowance SET minute = 'epoch'`);
  const [one, two, three] = demo.agents.map(({ id }) => id) as [string, string, string];
  /** Not in the last seconds of a minute: a test is not about two of them. */
  beforeEach(async () => {
    await eventually(() => expect(new Date().getUTCSeconds()).toBeLessThan(52), { within: 10_000 });
    await anew();
  });

  it('is given out until there is none left, also where many ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 15 }, () => allow(demo.tenant.id, one, 10)));
    expect(answers.reduce((sum, { granted }) => sum + granted, 0)).toBe(100);
    const last = await allow(demo.tenant.id, one, 10);
    expect(last).toMatchObject({ granted: 0, remaining: 0, limit: 100, exhausted: 'key' });
    expect(last.resetsIn).toBeGreaterThan(0);
    expect(last.resetsIn).toBeLessThanOrEqual(60);
  });

  it('is shared by all keys of a tenant, and not with other tenants', async () => {
    await allow(demo.tenant.id, one, 100);
    await allow(demo.tenant.id, two, 100);
    await expect(allow(demo.tenant.id, three, 100)).resolves.toMatchObject({ granted: 50, remaining: 0 });
    await expect(allow(demo.tenant.id, three, 1)).resolves.toMatchObject({ granted: 0, exhausted: 'tenant' });
    await expect(allow(stranger.tenant.id, one, 10)).resolves.toMatchObject({ granted: 10, remaining: 90 });
  });

  it('does not begin anew by a question of the minute before, which waited', async () => {
    await allow(demo.tenant.id, one, 100);
    await stack.query(`UPDATE request_allowance SET minute = minute + interval '1 minute'`);
    const late = await allow(demo.tenant.id, one, 10);
    expect(late).toMatchObject({ granted: 0, exhausted: 'key' });
    await expect(allow(demo.tenant.id, two, 100)).resolves.toMatchObject({ granted: 100, remaining: 0 });
    await expect(allow(demo.tenant.id, three, 100)).resolves.toMatchObject({ granted: 50, remaining: 0 });
  });

  it('is there again in the next minute', async () => {
    await allow(demo.tenant.id, one, 100);
    await anew();
    await expect(allow(demo.tenant.id, one, 10)).resolves.toMatchObject({ granted: 10, remaining: 90 });
  });
});
