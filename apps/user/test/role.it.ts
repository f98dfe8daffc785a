import {
  agentCreate,
  agentInvite,
  agentList,
  agentUpdate,
  ROLE_GRANTS,
  roleCreate,
  roleDelete,
  roleList,
  roleUpdate,
  sessionRefresh,
  teamCreate,
  teamList,
  teamMemberPut,
  type Grants,
  type Revocation,
} from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import jwt from 'jsonwebtoken';
import { admin, agent, demo, leader, refused, startUserStack, stranger, type UserStack } from './stack';

const forbidden = { code: 'forbidden' };
const notFound = { code: 'not_found' };
const conflict = { code: 'conflict' };
const NOBODY = '01980000-0000-7000-8000-0000000000ee';

let stack: UserStack;
let token: string;
let told: Revocation[];

beforeAll(async () => {
  stack = await startUserStack();
  told = await stack.hearRevocations();
  token = (await stack.signIn(admin)).accessToken;
});
afterAll(() => stack.close());

const create = (name: string, grants: object, by = token) =>
  stack.rpc.call(roleCreate, { name, grants: grants as Record<string, 'all'> }, { token: by });
const update = (roleId: string, change: { name?: string; grants?: Record<string, 'all'> }, by = token) =>
  stack.rpc.call(roleUpdate, { roleId, ...change }, { token: by });
const remove = (roleId: string, by = token) => stack.rpc.call(roleDelete, { roleId }, { token: by });
const give = (agentId: string, role: string, by = token) =>
  stack.rpc.call(agentUpdate, { agentId, role }, { token: by });
const invite = (email: string, role: string, by = token) =>
  stack.rpc.call(agentCreate, { name: 'Somebody New', email, role }, { token: by });
const everyOneFails = async (attempts: Promise<unknown>[], as: object) => {
  const outcomes = await Promise.allSettled(attempts);
  expect(outcomes).toEqual(
    attempts.map(() => ({ status: 'rejected', reason: expect.objectContaining(as) as object })),
  );
};
const claims = (of: string) => jwt.decode(of) as { role: string; grants?: Grants; av: number };

describe('roles', () => {
  it('are those that everybody has, and then one’s own, each with what it allows', async () => {
    const { id } = await create('Zoo keeper', { 'team.read': 'all' });
    await create('archivist', { 'conversation.read': 'own' });
    const { items } = await stack.rpc.call(roleList, {}, { token });
    expect(items.map(({ name, builtIn, agents }) => [name, builtIn, agents])).toEqual([
      ['admin', true, 1],
      ['leader', true, 1],
      ['agent', true, 4],
      ['auditor', true, 0],
      ['Zoo keeper', false, 0],
      ['archivist', false, 0],
    ]);
    expect(items[1]!.grants).toEqual(ROLE_GRANTS.leader);
    expect(items[4]).toEqual({
      ...{ id, name: 'Zoo keeper', builtIn: false, agents: 0 },
      grants: { 'team.read': 'all' },
    });
    const found = await stack.rpc.call(roleList, { q: 'A' }, { token });
    expect(found.items.map(({ name }) => name)).toEqual(['admin', 'agent', 'auditor', 'archivist']);
  });

  it('allow what they name and nothing else', async () => {
    const role = await create('Team watcher', { 'team.read': 'all', 'conversation.read': 'own' });
    await expect(give(agent.id, role.id)).resolves.toMatchObject({ role: role.id });
    const { accessToken } = await stack.signIn(agent);
    expect(claims(accessToken)).toMatchObject({ role: role.id, grants: role.grants });
    await expect(stack.rpc.call(teamList, {}, { token: accessToken })).resolves.toBeDefined();
    const others = [
      stack.rpc.call(agentList, {}, { token: accessToken }),
      stack.rpc.call(teamCreate, { name: 'Mine' }, { token: accessToken }),
      create('Mine', { 'team.read': 'all' }, accessToken),
    ];
    await everyOneFails(others, forbidden);
    const listed = await stack.rpc.call(agentList, { role: role.id }, { token });
    expect(listed.items.map(({ id }) => id)).toEqual([agent.id]);
  });

  it('change at once for all who have them: their tokens end, and the next ones say so', async () => {
    const role = await create('Changing', { 'agent.read': 'all' });
    await give(agent.id, role.id);
    const session = await stack.signIn(agent);
    const ask = (of: string) => stack.rpc.call(agentList, {}, { token: of });
    await expect(ask(session.accessToken)).resolves.toBeDefined();
    await update(role.id, { grants: { 'team.read': 'all' } });
    await eventually(() =>
      expect(told).toContainEqual(expect.objectContaining({ kind: 'agent', id: agent.id })),
    );
    await expect(ask(session.accessToken)).rejects.toMatchObject(refused);
    const next = await stack.rpc.call(sessionRefresh, { refreshToken: session.refreshToken });
    expect(claims(next.accessToken).grants).toEqual({ 'team.read': 'all' });
    await expect(ask(next.accessToken)).rejects.toMatchObject(forbidden);
    await expect(stack.rpc.call(teamList, {}, { token: next.accessToken })).resolves.toBeDefined();
  });

  it('are renamed without anybody noticing', async () => {
    const role = await create('Old name', { 'team.read': 'all' });
    await give(agent.id, role.id);
    const { accessToken } = await stack.signIn(agent);
    await expect(update(role.id, { name: 'New name' })).resolves.toEqual({
      ...role,
      name: 'New name',
      agents: 1,
    });
    await expect(stack.works(accessToken)).resolves.toBeDefined();
  });

  it.each([
    ['no permission', {}, 'grants'],
    [
      'a permission that does not exist',
      { 'team.read': 'all', 'team.destroy': 'all' },
      'grants.team.destroy',
    ],
    ['what every object has', { constructor: 'all' }, 'grants.constructor'],
    ['a scope that does not exist', { 'team.read': 'mine' }, 'grants.team.read'],
    ['a permission as far as it does not reach', { 'team.read': 'own' }, 'grants.team.read'],
  ])('with %s are refused, and it is named', async (_, grants, path) => {
    const attempt = create('Wrong', grants);
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_request' });
    const { errors } = (await attempt.catch((error: unknown) => error)) as { errors: { path: string }[] };
    expect(errors.map((e) => e.path)).toEqual([path]);
  });

  it('have names of their own', async () => {
    const [one, other] = [
      await create('One', { 'team.read': 'all' }),
      await create('Two', { 'team.read': 'all' }),
    ];
    await expect(create('One', { 'team.read': 'all' })).rejects.toMatchObject(conflict);
    await expect(update(other.id, { name: one.name })).rejects.toMatchObject(conflict);
  });

  it('are deleted when nobody has them any more', async () => {
    const role = await create('Passing', { 'team.read': 'all' });
    await give(agent.id, role.id);
    await expect(remove(role.id)).rejects.toMatchObject(conflict);
    await give(agent.id, 'agent');
    await expect(remove(role.id)).resolves.toEqual(role);
    const attempts = [remove(role.id), update(role.id, { name: 'Back' }), give(agent.id, role.id)];
    await everyOneFails(attempts, notFound);
  });

  it('of another tenant are not there', async () => {
    const role = await create('Theirs not', { 'team.read': 'all' });
    await stack.asAdmin(stranger.agents[0]!.id);
    const theirs = (await stack.signIn(stranger.agents[0]!)).accessToken;
    const attempts = [
      remove(role.id, theirs),
      update(role.id, { name: 'Mine' }, theirs),
      invite('mine@other.test', role.id, theirs),
      give(NOBODY, role.id, theirs),
    ];
    await everyOneFails(attempts, notFound);
    const { items } = await stack.rpc.call(roleList, {}, { token: theirs });
    expect(items.every(({ builtIn }) => builtIn)).toBe(true);
  });

  it('are a hundred at most', async () => {
    const { items } = await stack.rpc.call(roleList, {}, { token });
    const own = items.filter(({ builtIn }) => !builtIn).length;
    for (let n = own; n < 100; n++) await create(`Role ${n}`, { 'team.read': 'all' });
    await expect(create('One too many', { 'team.read': 'all' })).rejects.toMatchObject(conflict);
    for (const role of (await stack.rpc.call(roleList, { q: 'Role ' }, { token })).items)
      await remove(role.id);
  });
});

describe('whoever may manage people and roles, but not everything', () => {
  const OWN: Grants = {
    ...{ 'agent.invite': 'all', 'agent.read': 'all', 'agent.update': 'all', 'team.read': 'all' },
    ...{ 'role.manage': 'all', 'role.read': 'all', 'conversation.read': 'team' },
  };
  let mine: string;
  let limited: string;

  beforeAll(async () => {
    ({ id: mine } = await create('Personnel', OWN));
    await give(leader.id, mine);
    limited = (await stack.signIn(leader)).accessToken;
  });

  it('gives what they have, and as far', async () => {
    const role = await create('Reader', { 'conversation.read': 'team', 'team.read': 'all' }, limited);
    await expect(give(demo.agents[3]!.id, role.id)).resolves.toBeDefined();
    await give(demo.agents[3]!.id, 'agent');
    await expect(update(role.id, { grants: { 'team.read': 'all' } }, limited)).resolves.toBeDefined();
    await expect(invite('reader@demo.test', role.id, limited)).resolves.toBeDefined();
  });

  it.each<[string, () => Promise<unknown>]>([
    ['make a role that allows more', () => create('More', { 'message.send': 'own' }, limited)],
    ['make a role that reaches farther', () => create('Farther', { 'conversation.read': 'all' }, limited)],
    [
      'add to what they have',
      () => update(mine, { grants: { ...OWN, 'message.send': 'all' } as never }, limited),
    ],
    ['rename the role that they have', () => update(mine, { name: 'Bosses' }, limited)],
    ['delete the role that they have', () => remove(mine, limited)],
    ['make somebody an admin', () => give(agent.id, 'admin', limited)],
    ['invite an admin', () => invite('mole@demo.test', 'admin', limited)],
    ['make themselves an admin', () => give(leader.id, 'admin', limited)],
    ['take an admin’s role away', () => give(admin.id, mine, limited)],
    [
      'deactivate an admin',
      () => stack.rpc.call(agentUpdate, { agentId: admin.id, status: 'deactivated' }, { token: limited }),
    ],
  ])('does not %s', async (_, attempt) => {
    await expect(attempt()).rejects.toMatchObject(forbidden);
  });

  it('does not let themselves into a team, whose conversations they would see', async () => {
    const { id: role } = await create('Team maker', { 'team.manage': 'all', 'conversation.read': 'team' });
    await give(agent.id, role);
    const maker = (await stack.signIn(agent)).accessToken;
    const put = (agentId: string, by: string) =>
      stack.rpc.call(teamMemberPut, { teamId, agentId, leader: false }, { token: by });
    const { id: teamId } = await stack.rpc.call(teamCreate, { name: 'Secrets' }, { token: maker });
    await expect(put(agent.id, maker)).rejects.toMatchObject(forbidden);
    await expect(put(demo.agents[3]!.id, maker)).resolves.toBeDefined();
    await expect(put(admin.id, token)).resolves.toBeDefined();
    token = (await stack.signIn(admin)).accessToken;
  });

  it('does not change a role that allows more, nor gets the link of somebody who will have it', async () => {
    const role = await create('Sender', { 'message.send': 'all' });
    const { agentId } = await invite('sender@demo.test', role.id);
    const attempts = [
      update(role.id, { grants: { 'team.read': 'all' } }, limited),
      update(role.id, { name: 'Sent' }, limited),
      stack.rpc.call(agentInvite, { agentId }, { token: limited }),
    ];
    await everyOneFails(attempts, forbidden);
    await expect(stack.rpc.call(agentInvite, { agentId }, { token })).resolves.toBeDefined();
  });
});
