import { generateKeyPairSync } from 'node:crypto';
import {
  ID,
  operationsOf,
  PUBLIC_PEM,
  startGateway,
  tokenWith,
  withId,
  type Gateway,
} from '../../test/gateway';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
beforeEach(() => (gateway.rpc.calls = []));

const PUBLIC = [
  'POST /api/v1/auth/invitations/accept',
  'POST /api/v1/auth/invitations/look-up',
  'POST /api/v1/auth/login',
  'POST /api/v1/auth/refresh',
];

it('asks every route for a token, but for signing in, refreshing and coming by invitation', async () => {
  const open: string[] = [];
  const operations = operationsOf(gateway.document);
  for (const { method, path } of operations) {
    const { status, headers, body } = await gateway.ask(method, withId(path), { token: null });
    if (status !== 401) {
      open.push(`${method} ${path}`);
      continue;
    }
    expect(headers.get('content-type')).toMatch('application/problem+json');
    expect(headers.get('www-authenticate')).toBe('Bearer');
    expect(body.code).toBe('unauthenticated');
  }
  expect(operations).toHaveLength(35);
  expect(open.sort()).toEqual(PUBLIC);
  expect(gateway.rpc.calls).toEqual([]);
});

it('tells the document the same', () => {
  const open = operationsOf(gateway.document).filter(({ operation }) => !operation.security?.length);
  expect(open.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(PUBLIC);
});

it('hands the caller’s own token to the service that owns the data', async () => {
  const token = tokenWith();
  const { status } = await gateway.ask('GET', '/api/v1/me', { token });
  expect(status).toBe(200);
  expect(gateway.rpc.calls).toEqual([{ contract: 'user.agent.me.v1', request: {}, token }]);
});

const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const unsigned = (header: object) => {
  const [, claims] = tokenWith().split('.');
  return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${claims}.`;
};

it('asks each time whether the token ended before its time', async () => {
  const [mine, other] = [tokenWith({}, { sid: ID }), tokenWith()];
  expect((await gateway.ask('GET', '/api/v1/me', { token: mine })).status).toBe(200);
  gateway.revocations.take([{ kind: 'session', id: ID }]);
  const { status, body } = await gateway.ask('GET', '/api/v1/me', { token: mine });
  expect([status, body.code]).toEqual([401, 'unauthenticated']);
  expect(body.detail).toMatch(/refresh/);
  expect((await gateway.ask('GET', '/api/v1/me', { token: other })).status).toBe(200);
});

it.each([
  ['expired', () => tokenWith({ expiresIn: -1 })],
  ['not valid yet', () => tokenWith({ notBefore: 600 })],
  ['of another issuer', () => tokenWith({ issuer: 'other' })],
  ['for another audience', () => tokenWith({ audience: 'other' })],
  ['signed by a stranger', () => tokenWith({}, {}, stranger)],
  ['of a key that nobody knows', () => tokenWith({ keyid: 'other' })],
  ['without an algorithm', () => unsigned({ alg: 'none', typ: 'JWT', kid: 'test-key' })],
  [
    'signed with the public key as a secret',
    () => tokenWith({ algorithm: 'HS256' }, {}, Buffer.from(PUBLIC_PEM)),
  ],
  ['without a tenant', () => tokenWith({}, { tid: undefined })],
  ['with a role that does not exist', () => tokenWith({}, { role: 'root' })],
  [
    'changed',
    () => tokenWith().replace(/\.[^.]+\./, `.${Buffer.from('{"role":"admin"}').toString('base64url')}.`),
  ],
  ['no token at all', () => 'hello'],
])('refuses a token that is %s', async (_, forge) => {
  const { status, body } = await gateway.ask('GET', '/api/v1/me', { token: forge() });
  expect({ status, code: body.code }).toEqual({ status: 401, code: 'unauthenticated' });
  expect(gateway.rpc.calls).toEqual([]);
});

it('says that a token has expired, so that a client refreshes it', async () => {
  const { body } = await gateway.ask('GET', '/api/v1/me', { token: tokenWith({ expiresIn: -1 }) });
  expect(body.detail).toMatch(/expired: refresh/);
});

it('refuses a token that comes any other way than as a bearer', async () => {
  const token = tokenWith();
  for (const [path, headers] of [
    [`/api/v1/me?access_token=${token}`, {}],
    ['/api/v1/me', { authorization: `Basic ${token}` }],
    ['/api/v1/me', { cookie: `token=${token}` }],
  ] as [string, Record<string, string>][]) {
    expect((await gateway.ask('GET', path, { token: null, headers })).status).toBe(401);
  }
});

it('answers unavailable, not unauthenticated, while the keys cannot be read', async () => {
  const cut = await startGateway({ JWKS_URL: 'http://127.0.0.1:1/' });
  const { status, body } = await cut.ask('GET', '/api/v1/me');
  await cut.close();
  expect({ status, code: body.code }).toEqual({ status: 503, code: 'unavailable' });
});
