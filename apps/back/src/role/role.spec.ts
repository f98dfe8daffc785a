import { PERMISSION_CATALOGUE } from '@scrm/contracts';
import { ID, startGateway, tokenWith, type Gateway } from '../../test/gateway';

let gateway: Gateway;
const token = tokenWith();
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
beforeEach(() => (gateway.rpc.calls = []));

const grants = { 'conversation.read': 'team' };

it.each([
  ['GET', '/roles?q=ni', undefined, 'list', { q: 'ni' }],
  ['POST', '/roles', { name: 'Night shift', grants }, 'create', { name: 'Night shift', grants }, 201],
  ['PATCH', `/roles/${ID}`, { grants }, 'update', { roleId: ID, grants }],
  ['DELETE', `/roles/${ID}`, undefined, 'delete', { roleId: ID }],
])('%s %s asks the service that owns roles', async (method, path, body, verb, request, status = 200) => {
  const answer = await gateway.ask(method, `/api/v1${path}`, { token, ...(body && { body }) });
  expect(answer.status).toBe(status);
  expect(gateway.rpc.calls).toEqual([{ contract: `user.role.${verb}.v1`, request, token }]);
});

it('shows every permission there is', async () => {
  const { status, body } = await gateway.ask('GET', '/api/v1/permissions', { token });
  expect(status).toBe(200);
  const items = body.items as { id: string }[];
  expect(Object.fromEntries(items.map(({ id, ...info }) => [id, info]))).toEqual(PERMISSION_CATALOGUE);
});

it.each([
  ['no name', 'POST', '/roles', { grants }, ['name']],
  ['a blank name', 'POST', '/roles', { name: ' ', grants }, ['name']],
  ['nothing that it allows', 'POST', '/roles', { name: 'Night shift' }, ['grants']],
  ['an empty list of what it allows', 'POST', '/roles', { name: 'Night shift', grants: {} }, ['grants']],
  ['a list that is a word', 'PATCH', `/roles/${ID}`, { grants: 'all' }, ['grants']],
  ['a name of two lines', 'PATCH', `/roles/${ID}`, { name: 'Night\nshift' }, ['name']],
  ['an agent’s role that nobody has', 'PATCH', `/agents/${ID}`, { role: 'owner' }, ['role']],
])('refuses %s', async (_, method, path, body, fields) => {
  const answer = await gateway.ask(method, `/api/v1${path}`, { token, body });
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  expect([...new Set(answer.body.errors?.map((e) => e.path))]).toEqual(fields);
  expect(gateway.rpc.calls).toEqual([]);
});
