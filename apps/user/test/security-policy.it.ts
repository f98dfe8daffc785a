import {
  agentUpdate,
  mfaGet,
  mfaRemove,
  roleCreate,
  roleDelete,
  securityPolicyGet,
  securityPolicyUpdate,
  sessionRefresh,
  type Revocation,
  type Role,
} from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import { challengeOf, codeOf, mfaOf, wrongCode } from './mfa-stack';
import { admin, agent, alter, leader, refused, startUserStack, stranger, type UserStack } from './stack';

let stack: UserStack;
let mfa: ReturnType<typeof mfaOf>;
let token: string;
let told: Revocation[];
beforeAll(async () => {
  stack = await startUserStack();
  mfa = mfaOf(stack);
  told = await stack.hearRevocations();
  token = (await stack.signIn(admin)).accessToken;
});
afterAll(() => stack.close());
beforeEach(() => mfa.forgetTries());
afterEach(async () => {
  await mfa.forget();
  await alter(stack.databaseUrl, 'tenant', `UPDATE tenant SET mfa_required_roles = '{}'`);
});

const require = (roles: Role[], of = token) =>
  stack.rpc.call(securityPolicyUpdate, { mfaRequiredRoles: roles }, { token: of });
const refresh = (refreshToken: string) => stack.rpc.call(sessionRefresh, { refreshToken });
const challenge = (account: typeof agent) => challengeOf(stack.signIn(account));
/** Somebody sets up their authenticator on their way in. */
const comeIn = async (account: typeof agent) => {
  const { token: first } = await challenge(account);
  const { secret } = await mfa.enrolBy(first);
  return { secret, ...(await mfa.confirmBy(first, codeOf(secret))) };
};

it('takes effect at once: who has no second factor is out, and others are not', async () => {
  const [theirs, mine, strangers] = [
    await stack.signIn(leader),
    await stack.signIn(agent),
    await stack.signIn(stranger.agents[0]!),
  ];
  await expect(require(['leader', 'leader'])).resolves.toEqual({ mfaRequiredRoles: ['leader'] });
  await expect(stack.rpc.call(securityPolicyGet, {}, { token })).resolves.toEqual({
    mfaRequiredRoles: ['leader'],
  });
  await eventually(() => expect(stack.works(theirs.accessToken)).rejects.toMatchObject(refused));
  await eventually(() => expect(told).toEqual([expect.objectContaining({ kind: 'agent', id: leader.id })]));
  await expect(refresh(theirs.refreshToken)).rejects.toMatchObject(refused);
  for (const session of [mine, strangers]) {
    await expect(stack.works(session.accessToken)).resolves.toHaveProperty('items');
    await expect(refresh(session.refreshToken)).resolves.toHaveProperty('accessToken');
  }
  await expect(stack.signIn(agent)).resolves.toHaveProperty('accessToken');
});

it('lets in who sets one up, with nothing but that before, and by their code the next time', async () => {
  await require(['leader']);
  const first = await challenge(leader);
  expect(first).toMatchObject({ code: 'mfa_enrolment_required', expiresIn: 300 });
  const { secret } = await mfa.enrolBy(first.token);
  await expect(mfa.complete(first.token, codeOf(secret))).rejects.toMatchObject({ code: 'challenge_over' });
  await expect(stack.works(first.token)).rejects.toMatchObject(refused);
  await expect(mfa.confirmBy(first.token, wrongCode(secret))).rejects.toMatchObject({ code: 'invalid_code' });
  const session = await mfa.confirmBy(first.token, codeOf(secret));
  expect(session.recoveryCodes).toHaveLength(10);
  await expect(stack.works(session.accessToken)).resolves.toHaveProperty('items');
  await expect(refresh(session.refreshToken)).resolves.toHaveProperty('accessToken');
  await expect(mfa.confirmBy(first.token, codeOf(secret, 1))).rejects.toMatchObject({
    code: 'challenge_over',
  });
  const next = await challenge(leader);
  expect(next.code).toBe('mfa_required');
  await expect(mfa.enrolBy(next.token)).rejects.toMatchObject({ code: 'challenge_over' });
  await expect(mfa.complete(next.token, session.recoveryCodes[0]!)).resolves.toHaveProperty('accessToken');
});

it('is set up in five minutes, with five tries', async () => {
  await require(['leader']);
  const { token: late } = await challenge(leader);
  await mfa.enrolBy(late);
  const inThePast = `UPDATE sign_in_challenge SET expires_at = now()`;
  await alter(stack.databaseUrl, 'sign_in_challenge', inThePast);
  const over = { code: 'challenge_over' };
  await expect(mfa.enrolBy(late)).rejects.toMatchObject(over);
  const { token: next } = await challenge(leader);
  const { secret } = await mfa.enrolBy(next);
  for (let n = 0; n < 5; n++) {
    await expect(mfa.confirmBy(next, wrongCode(secret))).rejects.toMatchObject({ code: 'invalid_code' });
    await mfa.forgetTries();
  }
  await expect(mfa.confirmBy(next, codeOf(secret))).rejects.toMatchObject(over);
});

it('is set up by nobody whose password is another one by now, or who is out', async () => {
  await require(['leader']);
  const over = { code: 'challenge_over' };
  const set = (column: string, value: string) =>
    alter(stack.databaseUrl, 'agent', `UPDATE agent SET ${column} = '${value}' WHERE id = '${leader.id}'`);
  const [row] = await stack.query<{ hash: string }>('SELECT password_hash AS hash FROM agent WHERE id = $1', [
    leader.id,
  ]);
  for (const [column, then, now] of [
    ['password_hash', 'another', row!.hash],
    ['status', 'deactivated', 'active'],
  ] as const) {
    const { token: first } = await challenge(leader);
    const { secret } = await mfa.enrolBy(first);
    await set(column, then);
    await expect(mfa.confirmBy(first, codeOf(secret))).rejects.toMatchObject(over);
    await expect(mfa.enrolBy(first)).rejects.toMatchObject(over);
    await set(column, now);
    expect((await challenge(leader)).code).toBe('mfa_enrolment_required');
  }
});

it('knows a role by its id, however that is written', async () => {
  const grants = { 'team.read': 'all' } as const;
  const { id } = await stack.rpc.call(roleCreate, { name: 'Watcher', grants }, { token });
  await expect(require([id.toUpperCase()])).resolves.toEqual({ mfaRequiredRoles: [id] });
  await stack.rpc.call(agentUpdate, { agentId: agent.id, role: id }, { token });
  expect((await challenge(agent)).code).toBe('mfa_enrolment_required');
  await stack.rpc.call(agentUpdate, { agentId: agent.id, role: 'agent' }, { token });
});

it('forgets a role that is deleted', async () => {
  const { id } = await stack.rpc.call(
    roleCreate,
    { name: 'For a while', grants: { 'team.read': 'all' } },
    { token },
  );
  await require(['leader', id]);
  await stack.rpc.call(roleDelete, { roleId: id }, { token });
  const policy = await stack.rpc.call(securityPolicyGet, {}, { token });
  expect(policy).toEqual({ mfaRequiredRoles: ['leader'] });
  await expect(require(policy.mfaRequiredRoles)).resolves.toEqual(policy);
});

it('is set up once, when two do it at the same moment', async () => {
  await require(['leader']);
  const { token: first } = await challenge(leader);
  const { secret } = await mfa.enrolBy(first);
  const outcomes = await Promise.allSettled([1, 2].map(() => mfa.confirmBy(first, codeOf(secret))));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

it('holds for who comes into such a role', async () => {
  await require(['leader']);
  const session = await stack.signIn(agent);
  await stack.rpc.call(agentUpdate, { agentId: agent.id, role: 'leader' }, { token });
  await expect(refresh(session.refreshToken)).rejects.toMatchObject(refused);
  expect((await challenge(agent)).code).toBe('mfa_enrolment_required');
  await stack.rpc.call(agentUpdate, { agentId: agent.id, role: 'agent' }, { token });
});

it('keeps who must have one from removing it', async () => {
  await require(['leader']);
  const { accessToken } = await comeIn(leader);
  await expect(stack.rpc.call(mfaGet, {}, { token: accessToken })).resolves.toMatchObject({ required: true });
  const removal = stack.rpc.call(mfaRemove, { currentPassword: leader.password }, { token: accessToken });
  await expect(removal).rejects.toMatchObject({ code: 'conflict' });
});

it('is not set by who would be out themselves', async () => {
  const session = await stack.signIn(leader);
  await expect(require(['leader', 'admin'])).rejects.toMatchObject({ code: 'conflict' });
  await expect(stack.rpc.call(securityPolicyGet, {}, { token })).resolves.toEqual({ mfaRequiredRoles: [] });
  await expect(stack.works(session.accessToken)).resolves.toHaveProperty('items');
  const { secret } = await mfa.enrol(token, admin.password);
  await mfa.confirm(token, codeOf(secret));
  await expect(require(['leader', 'admin'])).resolves.toEqual({ mfaRequiredRoles: ['leader', 'admin'] });
  await expect(stack.works(token)).resolves.toHaveProperty('items');
});

it('is for admins to see and set', async () => {
  const { accessToken } = await stack.signIn(leader);
  const forbidden = { code: 'forbidden' };
  await expect(require([], accessToken)).rejects.toMatchObject(forbidden);
  await expect(stack.rpc.call(securityPolicyGet, {}, { token: accessToken })).rejects.toMatchObject(
    forbidden,
  );
});
