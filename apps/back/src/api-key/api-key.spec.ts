import { AppError } from '@scrm/platform';
import { ID, startGateway, tokenWith, type Gateway } from '../../test/gateway';

const KEY = `scrm_${'0'.repeat(31)}1_${'a'.repeat(43)}`;
const KEY_ID = '01980000-0000-7000-8000-0000000000c1';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
beforeEach(() => (gateway.rpc.calls = []));

/** Keys are other ones in each test: the gateway remembers them. */
let keys = 0;
const newKey = () => `scrm_${String(++keys).padStart(32, '0')}_${'b'.repeat(43)}`;
const newId = () => `01980000-0000-7000-8000-${String(++keys).padStart(12, '0')}`;
const tokenOfKey = (id: string, options = {}) =>
  tokenWith(
    { subject: id, ...options },
    { knd: 'api-key', role: id, sid: id, grants: { 'team.read': 'all' }, teams: [] },
  );
const allowed = { granted: 5, remaining: 5, limit: 10, resetsIn: 30, exhausted: null };
/** What the user service says to a key and to its requests. */
function serve(exchange: () => unknown, allow: () => unknown = () => allowed) {
  gateway.rpc.answer = () => {
    const { contract } = gateway.rpc.calls.at(-1)!;
    if (contract === 'user.api-key.exchange.v1') return exchange();
    if (contract === 'user.api-key.allow.v1') return allow();
    return { items: [], nextCursor: null };
  };
}
const ask = (key: string) => gateway.ask('GET', '/api/v1/teams', { token: key });
const asked = () => gateway.rpc.calls.map(({ contract }) => contract.split('.').slice(1, 3).join('.'));

describe('a request with an API key', () => {
  it('goes on with an access token, for which the key is traded once', async () => {
    const [key, id] = [newKey(), newId()];
    const accessToken = tokenOfKey(id);
    serve(() => ({ accessToken, expiresIn: 600 }));
    for (let n = 0; n < 3; n++) expect((await ask(key)).status).toBe(200);
    expect(asked()).toEqual(['api-key.exchange', 'api-key.allow', 'team.list', 'team.list', 'team.list']);
    const calls = gateway.rpc.calls.filter(({ contract }) => contract.includes('team'));
    expect(calls.every(({ token }) => token === accessToken)).toBe(true);
    expect(JSON.stringify(calls)).not.toContain('scrm_');
  });

  it('trades it once, also where many come at once', async () => {
    const [key, id] = [newKey(), newId()];
    serve(
      () => ({ accessToken: tokenOfKey(id), expiresIn: 600 }),
      () => ({ ...allowed, granted: 100 }),
    );
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(key)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(asked().filter((contract) => contract !== 'team.list')).toEqual([
      'api-key.exchange',
      'api-key.allow',
    ]);
  });

  it('trades it again before the access token ends', async () => {
    const [key, id] = [newKey(), newId()];
    serve(() => ({ accessToken: tokenOfKey(id), expiresIn: 0 }));
    await ask(key);
    await ask(key);
    expect(asked().filter((contract) => contract === 'api-key.exchange')).toHaveLength(2);
  });

  it('is refused once the key is revoked, though its access token is at hand', async () => {
    const [key, id] = [newKey(), newId()];
    serve(() => ({ accessToken: tokenOfKey(id), expiresIn: 600 }));
    expect((await ask(key)).status).toBe(200);
    gateway.revocations.take([{ kind: 'session', id }]);
    serve(() => {
      throw new AppError('unauthenticated', 'This API key is not known, was revoked or has expired.');
    });
    const { status, body } = await ask(key);
    expect([status, body.code]).toEqual([401, 'unauthenticated']);
    expect(body.detail).toMatch(/API key/);
  });

  it('is not asked about again and again where it is refused', async () => {
    const key = newKey();
    serve(() => {
      throw new AppError('unauthenticated', 'This API key is not known, was revoked or has expired.');
    });
    for (let n = 0; n < 5; n++) expect((await ask(key)).status).toBe(401);
    expect(asked()).toEqual(['api-key.exchange']);
  });

  it('is told to try again where keys cannot be traded now, and then it works', async () => {
    const [key, id] = [newKey(), newId()];
    serve(() => {
      throw new AppError('unavailable', 'Try again.');
    });
    expect((await ask(key)).status).toBe(503);
    serve(() => ({ accessToken: tokenOfKey(id), expiresIn: 600 }));
    expect((await ask(key)).status).toBe(200);
  });

  it.each(['scrm_', `${KEY}x`, KEY.slice(0, -1), KEY.toUpperCase()])(
    'is no such request with %s',
    async (key) => {
      const { status, body } = await ask(key);
      expect([status, body.code]).toEqual([401, 'unauthenticated']);
      expect(gateway.rpc.calls).toEqual([]);
    },
  );
});

describe('the requests of a key', () => {
  const start = (allow: () => unknown) => {
    const [key, id] = [newKey(), newId()];
    serve(() => ({ accessToken: tokenOfKey(id), expiresIn: 600 }), allow);
    return key;
  };

  it('are counted down, and more are taken when those are used', async () => {
    let taken = 0;
    const key = start(() => ({ ...allowed, granted: 2, remaining: 8 - 2 * taken++ }));
    const told: (string | null)[] = [];
    for (let n = 0; n < 4; n++) {
      const { headers } = await ask(key);
      expect(headers.get('ratelimit-policy')).toBe('"key";q=10;w=60');
      told.push(headers.get('ratelimit'));
    }
    expect(told.map((each) => Number(/r=(\d+)/.exec(each!)![1]))).toEqual([9, 8, 7, 6]);
    expect(taken).toBe(2);
  });

  it.each(['key', 'tenant'] as const)(
    'are refused where those of the %s are used up, until when is said',
    async (exhausted) => {
      const key = start(() => ({ ...allowed, granted: 0, remaining: 0, resetsIn: 17, exhausted }));
      for (let n = 0; n < 3; n++) {
        const { status, body, headers } = await ask(key);
        expect([status, body.code]).toEqual([429, 'too_many_requests']);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(10);
        expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(17);
      }
      expect(asked()).toEqual(['api-key.exchange', 'api-key.allow']);
    },
  );

  it('pass where nobody can say, and that is not asked for each of them', async () => {
    const key = start(() => {
      throw new AppError('unavailable', 'Try again.');
    });
    for (let n = 0; n < 3; n++) {
      const { status, headers } = await ask(key);
      expect([status, headers.get('ratelimit')]).toEqual([200, null]);
    }
    expect(asked().filter((contract) => contract === 'api-key.allow')).toHaveLength(1);
  });

  it('of people are not', async () => {
    serve(() => ({}));
    const { headers } = await gateway.ask('GET', '/api/v1/teams');
    expect(headers.get('ratelimit')).toBeNull();
    expect(asked()).toEqual(['team.list']);
  });
});

const body = { name: 'CRM sync', permissions: ['conversation.read'], expiresInDays: 90 };

it.each([
  [
    'GET',
    '/api-keys?q=crm&status=active&limit=5',
    undefined,
    'list',
    { q: 'crm', status: 'active', limit: 5 },
  ],
  ['POST', '/api-keys', body, 'create', body, 201],
  ['DELETE', `/api-keys/${KEY_ID}`, undefined, 'revoke', { apiKeyId: KEY_ID }],
])('%s %s asks the service that owns keys', async (method, path, sent, verb, request, status = 200) => {
  const token = tokenWith();
  gateway.rpc.answer = () => ({});
  const answer = await gateway.ask(method, `/api/v1${path}`, { token, ...(sent && { body: sent }) });
  expect(answer.status).toBe(status);
  expect(gateway.rpc.calls).toEqual([{ contract: `user.api-key.${verb}.v1`, request, token }]);
});

it.each([
  ['no name', { ...body, name: undefined }, ['name']],
  ['no permission', { ...body, permissions: [] }, ['permissions']],
  ['a permission that no key can have', { ...body, permissions: ['api-key.manage'] }, ['permissions']],
  ['one that does not exist', { ...body, permissions: ['all'] }, ['permissions']],
  ['no end', { ...body, expiresInDays: undefined }, ['expiresInDays']],
  ['an end too far away', { ...body, expiresInDays: 367 }, ['expiresInDays']],
  ['an end that was', { ...body, expiresInDays: 0 }, ['expiresInDays']],
  ['the id of another maker', { ...body, createdBy: ID }, ['createdBy']],
])('makes no key with %s', async (_, sent, fields) => {
  const answer = await gateway.ask('POST', '/api/v1/api-keys', { body: sent });
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  expect([...new Set(answer.body.errors?.map((e) => e.path))]).toEqual(fields);
});
