import { AppError } from '@scrm/platform';
import { ID, startGateway, tokenWith, type Gateway } from '../../test/gateway';

let gateway: Gateway;
const token = tokenWith();
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
beforeEach(() => (gateway.rpc.calls = []));

const ip = '127.0.0.1';
const [challenge, code, currentPassword] = ['c', '123456', 'p'];

it.each([
  ['GET', '/me/mfa', undefined, 'mfa.get', {}],
  ['POST', '/me/mfa/totp', { currentPassword }, 'mfa.enrol', { currentPassword, ip }, 201],
  ['POST', '/me/mfa/totp/confirm', { code }, 'mfa.confirm', { code, ip }],
  ['POST', '/me/mfa/remove', { code }, 'mfa.remove', { code, ip }],
  [
    'POST',
    '/me/mfa/recovery-codes',
    { currentPassword },
    'recovery-code.create',
    { currentPassword, ip },
    201,
  ],
  ['DELETE', `/agents/${ID}/mfa`, undefined, 'mfa.reset', { agentId: ID }],
  ['GET', '/security-policy', undefined, 'security-policy.get', {}],
  [
    'PUT',
    '/security-policy',
    { mfaRequiredRoles: ['admin'] },
    'security-policy.update',
    { mfaRequiredRoles: ['admin'] },
  ],
])('%s %s asks the service that owns people', async (method, path, body, verb, request, status = 200) => {
  const answer = await gateway.ask(method, `/api/v1${path}`, { token, ...(body && { body }) });
  expect(answer.status).toBe(status);
  expect(gateway.rpc.calls).toEqual([{ contract: `user.${verb}.v1`, request, token }]);
});

const device = { ip, userAgent: expect.any(String) as string };
it.each([
  ['/auth/login/mfa', { challenge, code }, 'session.complete', { challenge, code, ...device }],
  ['/auth/mfa/totp', { challenge }, 'mfa-challenge.enrol', { challenge }, 201],
  ['/auth/mfa/totp/confirm', { challenge, code }, 'mfa-challenge.confirm', { challenge, code, ...device }],
])('POST %s needs no token', async (path, body, verb, request, status = 200) => {
  const answer = await gateway.ask('POST', `/api/v1${path}`, { token: null, body });
  expect(answer.status).toBe(status);
  expect(gateway.rpc.calls).toEqual([{ contract: `user.${verb}.v1`, request, token: undefined }]);
});

it.each([
  ['no code', 'POST', '/me/mfa/totp/confirm', {}, ['code']],
  ['a code that is no text', 'POST', '/auth/login/mfa', { challenge, code: { $ne: '' } }, ['code']],
  ['a code that is too long', 'POST', '/me/mfa/remove', { code: 'x'.repeat(51) }, ['code']],
  ['no challenge', 'POST', '/auth/mfa/totp', {}, ['challenge']],
  [
    'a role that does not exist',
    'PUT',
    '/security-policy',
    { mfaRequiredRoles: ['root'] },
    ['mfaRequiredRoles'],
  ],
  ['roles that are none', 'PUT', '/security-policy', { mfaRequiredRoles: 'admin' }, ['mfaRequiredRoles']],
  ['nothing at all', 'PUT', '/security-policy', {}, ['mfaRequiredRoles']],
])('refuses %s', async (_, method, path, body, fields) => {
  const answer = await gateway.ask(method, `/api/v1${path}`, { token, body });
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  expect([...new Set(answer.body.errors?.map((e) => e.path))]).toEqual(fields);
  expect(gateway.rpc.calls).toEqual([]);
});

it('hands on the challenge with the problem', async () => {
  const given = { token: 'c', expiresIn: 300 };
  gateway.rpc.answer = () => {
    throw new AppError('mfa_required', undefined, undefined, undefined, given);
  };
  const { status, body } = await gateway.ask('POST', '/api/v1/auth/login', {
    token: null,
    body: { email: 'a@b.test', password: 'p' },
  });
  expect([status, body]).toMatchObject([401, { code: 'mfa_required', challenge: given }]);
});
