import { ID, startGateway, tokenWith, type Gateway } from '../../test/gateway';

const AGENT = '01980000-0000-7000-8000-0000000000e2';

let gateway: Gateway;
const token = tokenWith();
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
beforeEach(() => (gateway.rpc.calls = []));

const member = `/teams/${ID}/members/${AGENT}`;

it.each([
  ['GET', '/teams?q=sa&limit=5&cursor=abc', undefined, 'team.list', { q: 'sa', limit: 5, cursor: 'abc' }],
  ['POST', '/teams', { name: 'Sales' }, 'team.create', { name: 'Sales' }, 201],
  ['PATCH', `/teams/${ID}`, { name: 'Sales' }, 'team.update', { teamId: ID, name: 'Sales' }],
  ['DELETE', `/teams/${ID}`, undefined, 'team.delete', { teamId: ID }],
  ['GET', `/teams/${ID}/members?limit=5`, undefined, 'team-member.list', { teamId: ID, limit: 5 }],
  ['PUT', member, { leader: true }, 'team-member.put', { teamId: ID, agentId: AGENT, leader: true }],
  ['DELETE', member, undefined, 'team-member.remove', { teamId: ID, agentId: AGENT }],
])('%s %s asks the service that owns teams', async (method, path, body, verb, request, status = 200) => {
  const answer = await gateway.ask(method, `/api/v1${path}`, { token, ...(body && { body }) });
  expect(answer.status).toBe(status);
  expect(gateway.rpc.calls).toEqual([{ contract: `user.${verb}.v1`, request, token }]);
});

it.each([
  ['no name', 'POST', '/teams', {}, ['name']],
  ['a blank name', 'POST', '/teams', { name: ' ' }, ['name']],
  ['a name that is too long', 'PATCH', `/teams/${ID}`, { name: 'x'.repeat(101) }, ['name']],
  ['a name of two lines', 'PATCH', `/teams/${ID}`, { name: 'Sales\nSupport' }, ['name']],
  ['a name that is no text', 'PATCH', `/teams/${ID}`, { name: { $ne: '' } }, ['name']],
  ['what nobody may say', 'POST', '/teams', { name: 'Sales', tenantId: ID }, ['tenantId']],
  ['a prefix that no name has', 'GET', '/teams?q=%00', undefined, ['q']],
  ['a prefix that is too long', 'GET', `/teams?q=${'x'.repeat(101)}`, undefined, ['q']],
  ['a limit over 100', 'GET', `/teams/${ID}/members?limit=101`, undefined, ['limit']],
  ['a member who neither leads nor does not', 'PUT', member, {}, ['leader']],
  ['a leader who is a word', 'PUT', member, { leader: 'yes' }, ['leader']],
])('refuses %s', async (_, method, path, body, fields) => {
  const answer = await gateway.ask(method, `/api/v1${path}`, { token, ...(body && { body }) });
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  expect([...new Set(answer.body.errors?.map((e) => e.path))]).toEqual(fields);
  expect(gateway.rpc.calls).toEqual([]);
});

it.each([`/teams/sales`, `/teams/sales/members/${AGENT}`, `/teams/${ID}/members/me`])(
  'does not find what is no id: %s',
  async (path) => {
    const { status, body } = await gateway.ask('DELETE', `/api/v1${path}`, { token });
    expect([status, body.code]).toEqual([404, 'not_found']);
    expect(gateway.rpc.calls).toEqual([]);
  },
);
