import {
  agentCreate,
  agentInvite,
  agentList,
  agentUpdate,
  invitationAccept,
  invitationGet,
} from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import {
  admin,
  alter,
  asRole,
  demo,
  identityOwner,
  leader,
  startUserStack,
  stranger,
  SYSTEM_ROLE,
  type UserStack,
} from './stack';

let stack: UserStack;
let token: string;
beforeAll(async () => {
  stack = await startUserStack();
  token = (await signIn(admin.email, admin.password)).accessToken;
});
afterAll(() => stack.close());

let unique = 0;
const PASSWORD = 'kopi-susu-melati';
const signIn = (email: string, password: string) => stack.signIn({ email, password });
const invite = (email = `new${++unique}@demo.test`) =>
  stack.rpc.call(agentCreate, { name: 'Sari Wulan', email, role: 'agent' }, { token });
const look = (invitation: string) => stack.rpc.call(invitationGet, { token: invitation });
const accept = (invitation: string, password = PASSWORD) =>
  stack.rpc.call(invitationAccept, { token: invitation, password });
const statusOf = async (agentId: string) => {
  const { items } = await stack.rpc.call(agentList, { limit: 100 }, { token });
  return items.find(({ id }) => id === agentId)?.status;
};
const WAITING = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
const over = { code: 'invitation_over' };

it('makes an agent of whoever has the link, once', async () => {
  const made = await invite(' Sari@Demo.test ');
  expect(Date.parse(made.expiresAt) - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
  expect(await statusOf(made.agentId)).toBe('invited');
  await expect(signIn('sari@demo.test', PASSWORD)).rejects.toMatchObject({ code: 'invalid_credentials' });
  await expect(look(made.token)).resolves.toMatchObject({
    name: 'Sari Wulan',
    email: 'sari@demo.test',
    tenantName: demo.tenant.name,
  });
  await expect(accept(made.token)).resolves.toEqual({ email: 'sari@demo.test' });
  expect(await statusOf(made.agentId)).toBe('active');
  await expect(signIn('sari@demo.test', PASSWORD)).resolves.toHaveProperty('accessToken');
  for (const again of [look(made.token), accept(made.token, 'payung-kuning-di-pasar')])
    await expect(again).rejects.toMatchObject(over);
  await expect(signIn('sari@demo.test', PASSWORD)).resolves.toHaveProperty('accessToken');
});

it('is used once, when two do it at the same moment', async () => {
  const made = await invite();
  const outcomes = await Promise.allSettled([accept(made.token), accept(made.token, 'hujan-biru-di-warung')]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

it('is accepted while it is renewed, and neither waits for the other in a circle', async () => {
  const made = await invite();
  const owner = await identityOwner(stack.databaseUrl);
  await asRole(stack.databaseUrl, SYSTEM_ROLE, async (db) => {
    const accepted = await db.transaction(async (renewal) => {
      await renewal.query('SELECT 1 FROM agent WHERE id = $1 FOR UPDATE', [made.agentId]);
      const accepting = Promise.allSettled([accept(made.token)]);
      await eventually(async () => {
        expect(await owner.query(WAITING)).toHaveLength(1);
      });
      await renewal.query('DELETE FROM invitation WHERE agent_id = $1', [made.agentId]);
      return { accepting };
    });
    expect(await accepted.accepting).toMatchObject([{ status: 'rejected', reason: over }]);
  });
  await owner.destroy();
});

it('keeps the invitation where the password is weak', async () => {
  const made = await invite();
  await expect(accept(made.token, 'sari wulan')).rejects.toMatchObject({ code: 'weak_password' });
  await expect(accept(made.token)).resolves.toHaveProperty('email');
});

it('is worth nothing when it has expired, was replaced, or is for somebody who is out', async () => {
  const expired = await invite();
  await alter(
    stack.databaseUrl,
    'invitation',
    `UPDATE invitation SET expires_at = now() - interval '1 second' WHERE agent_id = '${expired.agentId}'`,
  );
  const replaced = await invite();
  const { token: next } = await stack.rpc.call(agentInvite, { agentId: replaced.agentId }, { token });
  const out = await invite();
  await stack.rpc.call(agentUpdate, { agentId: out.agentId, status: 'deactivated' }, { token });
  for (const { token: dead } of [expired, replaced, out, { token: 'nonsense' }]) {
    await expect(look(dead)).rejects.toMatchObject(over);
    await expect(accept(dead)).rejects.toMatchObject(over);
  }
  await expect(accept(next)).resolves.toHaveProperty('email');
  // Whoever never chose a password is invited again, not active.
  await stack.rpc.call(agentUpdate, { agentId: out.agentId, status: 'active' }, { token });
  expect(await statusOf(out.agentId)).toBe('invited');
  await expect(accept(out.token)).resolves.toHaveProperty('email');
});

it.each([
  ['an email that somebody has', () => admin.email.toUpperCase(), 'conflict'],
  ['an email of another business', () => stranger.agents[0]!.email, 'conflict'],
  ['what is no email', () => 'sari', 'invalid_request'],
])('does not invite %s', async (_, email, code) => {
  await expect(invite(email())).rejects.toMatchObject({ code });
});

it.each([
  ['is blank', '  '],
  ['breaks the line', 'Sari\nWulan'],
  ['has what no database stores', 'Sari\0'],
])('takes no name that %s, now or later', async (_, name) => {
  const problem = { code: 'invalid_request' };
  const create = stack.rpc.call(agentCreate, { name, email: 'named@demo.test', role: 'agent' }, { token });
  await expect(create).rejects.toMatchObject(problem);
  const update = stack.rpc.call(agentUpdate, { agentId: leader.id, name }, { token });
  await expect(update).rejects.toMatchObject(problem);
});

it('does not invite again who has come, or whom nobody knows here', async () => {
  const again = (agentId: string) => stack.rpc.call(agentInvite, { agentId }, { token });
  await expect(again(leader.id)).rejects.toMatchObject({ code: 'conflict' });
  await expect(again(stranger.agents[0]!.id)).rejects.toMatchObject({ code: 'not_found' });
});

it('is for admins to do', async () => {
  const { accessToken } = await signIn(leader.email, leader.password);
  const attempt = stack.rpc.call(
    agentCreate,
    { name: 'X', email: 'x@demo.test', role: 'admin' },
    { token: accessToken },
  );
  await expect(attempt).rejects.toMatchObject({ code: 'forbidden' });
});

it('keeps no token', async () => {
  const made = await invite();
  const rows = await stack.query<{ row: string }>('SELECT i::text AS row FROM invitation i');
  expect(JSON.stringify(rows)).toContain(made.agentId);
  expect(JSON.stringify(rows)).not.toContain(made.token);
  expect(JSON.stringify(rows)).not.toContain(Buffer.from(made.token).toString('hex'));
});
