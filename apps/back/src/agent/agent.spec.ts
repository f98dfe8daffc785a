import { ID, startGateway, tokenWith, type Gateway } from '../../test/gateway';

let gateway: Gateway;
const token = tokenWith();
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
beforeEach(() => (gateway.rpc.calls = []));

const asked = async (method: string, path: string, body?: unknown) => {
  const { status } = await gateway.ask(method, `/api/v1${path}`, {
    token,
    ...(body !== undefined && { body }),
  });
  expect(status).toBe(200);
  expect(gateway.rpc.calls.map((call) => call.token)).toEqual([token]);
  const { contract, request } = gateway.rpc.calls[0]!;
  return [contract, request];
};

it('asks for a page of agents, by status and role', async () => {
  expect(await asked('GET', '/agents?status=active&role=leader&limit=5&cursor=abc')).toEqual([
    'user.agent.list.v1',
    { status: 'active', role: 'leader', limit: 5, cursor: 'abc' },
  ]);
});

it('changes only what is given', async () => {
  expect(await asked('PATCH', `/agents/${ID}`, { role: 'leader' })).toEqual([
    'user.agent.update.v1',
    { agentId: ID, role: 'leader' },
  ]);
});

it.each([{ to: 'agent', agentId: ID }, { to: 'team', teamId: ID }, { to: 'pool' }])(
  'says who takes over from one who is let go: %j',
  async (handOver) => {
    const body = { status: 'deactivated', handOver };
    expect(await asked('PATCH', `/agents/${ID}`, body)).toEqual([
      'user.agent.update.v1',
      { agentId: ID, ...body },
    ]);
  },
);

it('says what I am, and asks for it', async () => {
  expect(await asked('PUT', '/me/presence', { status: 'away' })).toEqual([
    'user.presence.set.v1',
    { status: 'away' },
  ]);
  gateway.rpc.calls = [];
  expect(await asked('GET', '/me/presence')).toEqual(['user.presence.get.v1', {}]);
  const { status, body } = await gateway.ask('PUT', '/api/v1/me/presence', {
    token,
    body: { status: 'asleep' },
  });
  expect([status, body.errors?.map((e) => e.path)]).toEqual([400, ['status']]);
});

it('asks how far a hand-over is', async () => {
  expect(await asked('GET', `/agents/${ID}/hand-over`)).toEqual([
    'user.agent-hand-over.get.v1',
    { agentId: ID },
  ]);
});

it.each([
  ['a role that does not exist', `/agents/${ID}`, { role: 'owner' }, ['role']],
  ['a status that does not exist', `/agents/${ID}`, { status: 'asleep' }, ['status']],
  ['no name', `/agents/${ID}`, { name: '' }, ['name']],
  ['a hand-over to nobody', `/agents/${ID}`, { handOver: { to: 'sea' } }, ['handOver.to']],
  ['a hand-over to some agent', `/agents/${ID}`, { handOver: { to: 'agent' } }, ['handOver.agentId']],
  ['a hand-over that is none', `/agents/${ID}`, { handOver: 'pool' }, ['handOver']],
  ['what nobody may change', `/agents/${ID}`, { email: 'a@b.test' }, ['email']],
])('refuses %s', async (_, path, body, fields) => {
  const answer = await gateway.ask('PATCH', `/api/v1${path}`, { token, body });
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  expect(answer.body.errors?.map((e) => e.path)).toEqual(fields);
  expect(gateway.rpc.calls).toEqual([]);
});

it('knows nobody by what is no id', async () => {
  const { status, body } = await gateway.ask('PATCH', '/api/v1/agents/me', {
    token,
    body: { role: 'agent' },
  });
  expect([status, body.code]).toEqual([404, 'not_found']);
  expect(gateway.rpc.calls).toEqual([]);
});

it('asks where the caller is signed in', async () => {
  expect(await asked('GET', '/me/sessions')).toEqual(['user.session.list.v1', {}]);
});

it.each(['current', 'others', 'all', ID])('signs out: %s', async (which) => {
  expect(await asked('DELETE', `/me/sessions/${which}`)).toEqual(['user.session.revoke.v1', { which }]);
});

it('signs nobody out by a word that says nothing', async () => {
  const { status, body } = await gateway.ask('DELETE', '/api/v1/me/sessions/everything', { token });
  expect([status, body.code]).toEqual([400, 'invalid_request']);
  expect(JSON.stringify(body.errors)).toContain('current, others, all');
  expect(gateway.rpc.calls).toEqual([]);
});

it('says which device signs in, and where it is, by what our proxy says', async () => {
  const body = { email: 'a@b.test', password: 'x' };
  const headers = { 'user-agent': 'x'.repeat(600), 'x-forwarded-for': '198.51.100.1, 203.0.113.7' };
  await gateway.ask('POST', '/api/v1/auth/login', { token: null, body, headers });
  expect(gateway.rpc.calls[0]!.request).toEqual({ ...body, ip: '203.0.113.7', userAgent: 'x'.repeat(500) });
});

it('changes my own password, and says from where', async () => {
  const body = { currentPassword: 'old', newPassword: 'kopi-susu-melati' };
  expect(await asked('PUT', '/me/password', body)).toEqual([
    'user.password.change.v1',
    { ...body, ip: '127.0.0.1' },
  ]);
});

it.each([
  ['POST', '/agents', { name: 'Sari', email: 's@b.test', role: 'agent' }, 'user.agent.create.v1'],
  ['POST', `/agents/${ID}/invitation`, undefined, 'user.agent.invite.v1'],
])('invites: %s %s', async (method, path, body, contract) => {
  const { status } = await gateway.ask(method, `/api/v1${path}`, { token, body });
  expect(status).toBe(201);
  expect(gateway.rpc.calls).toEqual([{ contract, request: body ?? { agentId: ID }, token }]);
});

it.each([
  ['look-up', { token: 'abc' }, 'user.invitation.get.v1'],
  ['accept', { token: 'abc', password: 'kopi-susu-melati' }, 'user.invitation.accept.v1'],
])('takes an invitation from whoever has it: %s', async (path, body, contract) => {
  const { status } = await gateway.ask('POST', `/api/v1/auth/invitations/${path}`, { token: null, body });
  expect(status).toBe(200);
  expect(gateway.rpc.calls).toEqual([{ contract, request: body, token: undefined }]);
});

it('invites nobody whose email is none', async () => {
  const body = { name: 'Sari', email: 'sari', role: 'agent' };
  const { status, body: problem } = await gateway.ask('POST', '/api/v1/agents', { token, body });
  expect([status, problem.errors?.map((e) => e.path)]).toEqual([400, ['email']]);
});
