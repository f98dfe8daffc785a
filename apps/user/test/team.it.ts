import {
  agentUpdate,
  sessionRefresh,
  teamCreate,
  teamDelete,
  teamList,
  teamMemberList,
  teamMemberPut,
  teamMemberRemove,
  teamUpdate,
  type Revocation,
} from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import jwt from 'jsonwebtoken';
import { admin, agent, demo, leader, refused, startUserStack, stranger, type UserStack } from './stack';

const NOBODY = '01980000-0000-7000-8000-0000000000ee';
const [sales, support] = demo.teams as [Team, Team];
type Team = (typeof demo.teams)[number];
const [budi, citra, dimas, eka] = demo.agents.slice(1) as (typeof demo.agents)[number][] as [
  typeof agent,
  typeof agent,
  typeof agent,
  typeof agent,
];
const notFound = { code: 'not_found' };

let stack: UserStack;
let token: string;
let told: Revocation[];

beforeAll(async () => {
  stack = await startUserStack();
  token = (await signIn(admin)).accessToken;
  told = await stack.hearRevocations();
});
afterAll(() => stack.close());

const signIn: UserStack['signIn'] = (...who) => stack.signIn(...who);
const claims = (of: string) => jwt.decode(of) as { av: number; teams: string[] };
const works = (of: string) => stack.works(of);
const list = (query: { q?: string; limit?: number; cursor?: string } = {}) =>
  stack.rpc.call(teamList, query, { token });
const create = (name: string) => stack.rpc.call(teamCreate, { name }, { token });
const rename = (teamId: string, name: string) => stack.rpc.call(teamUpdate, { teamId, name }, { token });
const remove = (teamId: string) => stack.rpc.call(teamDelete, { teamId }, { token });
const put = (teamId: string, agentId: string, leads = false) =>
  stack.rpc.call(teamMemberPut, { teamId, agentId, leader: leads }, { token });
const takeOut = (teamId: string, agentId: string) =>
  stack.rpc.call(teamMemberRemove, { teamId, agentId }, { token });
const members = (teamId: string) => stack.rpc.call(teamMemberList, { teamId }, { token });
/** The tokens of the session end, everybody is told, and the next one says these teams. */
const hasNewTeams = async (session: { accessToken: string; refreshToken: string }, teams: string[]) => {
  await eventually(() => expect(works(session.accessToken)).rejects.toMatchObject(refused));
  const { accessToken } = await stack.rpc.call(sessionRefresh, { refreshToken: session.refreshToken });
  expect(claims(accessToken).teams.sort()).toEqual([...teams].sort());
  await expect(works(accessToken)).resolves.toHaveProperty('items');
  const id = jwt.decode(accessToken)!.sub as string;
  await eventually(() => expect(told).toContainEqual({ kind: 'agent', id, version: claims(accessToken).av }));
};

describe('teams', () => {
  it('are listed with the number of their members, page by page', async () => {
    const first = await list({ limit: 1 });
    expect(first.items).toEqual([{ id: sales.id, name: 'Sales', members: 3 }]);
    const second = await list({ limit: 1, cursor: first.nextCursor! });
    expect(second).toEqual({ items: [{ id: support.id, name: 'Support', members: 2 }], nextCursor: null });
    await expect(list({ cursor: 'nonsense' })).rejects.toMatchObject({ code: 'invalid_cursor' });
  });

  it('are found by how their name begins, and by nothing else', async () => {
    const odd = await create('100% _Sales');
    const names = async (q: string) => (await list({ q })).items.map(({ name }) => name);
    expect(await names('sA')).toEqual(['Sales']);
    expect(await names('ales')).toEqual([]);
    expect(await names('100%')).toEqual(['100% _Sales']);
    expect(await names('%')).toEqual([]);
    expect(await names('_')).toEqual([]);
    await remove(odd.id);
  });

  it('are made, renamed and deleted', async () => {
    const team = await create('  Returns ');
    expect(team).toEqual({ id: expect.any(String) as string, name: 'Returns', members: 0 });
    await expect(rename(team.id, 'Complaints')).resolves.toEqual({ ...team, name: 'Complaints' });
    await expect(rename(team.id, 'Complaints')).resolves.toMatchObject({ name: 'Complaints' });
    expect((await list()).items.map(({ name }) => name)).toEqual(['Sales', 'Support', 'Complaints']);
    await expect(remove(team.id)).resolves.toEqual({ ...team, name: 'Complaints' });
    expect((await list()).items).toHaveLength(2);
    await expect(remove(team.id)).rejects.toMatchObject(notFound);
  });

  it('have names of their own, in their business', async () => {
    const taken = { code: 'conflict', message: expect.stringMatching(/choose another/) as string };
    await expect(create('Sales')).rejects.toMatchObject(taken);
    await expect(rename(support.id, 'Sales')).rejects.toMatchObject(taken);
    const race = await Promise.allSettled([1, 2, 3, 4].map(() => create('Night shift')));
    const won = race.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(won).toHaveLength(1);
    // The other business has a team "Sales", too: nobody is in the way of anybody.
    expect((await list({ q: 'Sales' })).items).toHaveLength(1);
    await remove(won[0]!.id);
  });

  it.each(['', '   ', 'x'.repeat(101), 'two\nlines', 'nul\0', 'half\ud800'])(
    'are not named %j',
    async (name) => {
      await expect(create(name)).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );
});

describe('the members of a team', () => {
  it('are listed with role, status and who leads, page by page', async () => {
    const ask = (cursor?: string) =>
      stack.rpc.call(teamMemberList, { teamId: sales.id, limit: 2, ...(cursor && { cursor }) }, { token });
    const first = await ask();
    const { id, name, email } = budi;
    expect(first.items[0]).toEqual({ id, name, email, role: 'leader', status: 'active', leader: true });
    const second = await ask(first.nextCursor!);
    expect([...first.items, ...second.items].map((m) => m.id)).toEqual([budi.id, citra.id, dimas.id]);
    expect(second.nextCursor).toBeNull();
  });

  it('come and go: tokens from before end, and the next ones say the teams', async () => {
    const coming = await signIn(eka);
    expect(claims(coming.accessToken).teams).toEqual([support.id]);
    await expect(put(sales.id, eka.id)).resolves.toMatchObject({ id: eka.id, leader: false });
    await hasNewTeams(coming, [sales.id, support.id]);
    const going = await signIn(eka);
    await expect(takeOut(sales.id, eka.id)).resolves.toMatchObject({ id: eka.id, leader: false });
    await hasNewTeams(going, [support.id]);
    await expect(takeOut(sales.id, eka.id)).rejects.toMatchObject(notFound);
  });

  it('keep their tokens where only who leads changes, or nothing', async () => {
    const { accessToken } = await signIn(citra);
    await expect(put(sales.id, citra.id, true)).resolves.toMatchObject({ leader: true });
    await expect(put(sales.id, citra.id, true)).resolves.toMatchObject({ leader: true });
    await expect(put(sales.id, citra.id)).resolves.toMatchObject({ leader: false });
    expect(claims((await signIn(citra)).accessToken).av).toBe(claims(accessToken).av);
    await expect(works(accessToken)).resolves.toHaveProperty('items');
  });

  it('are one row each, whoever adds them at the same moment', async () => {
    const team = await create('Rush');
    const before = claims((await signIn(dimas)).accessToken).av;
    await Promise.all([true, false, true, false].map((leads) => put(team.id, dimas.id, leads)));
    expect(await stack.query('SELECT 1 FROM team_member WHERE team_id = $1', [team.id])).toHaveLength(1);
    // One of them took him in; the others changed at most who leads.
    expect(claims((await signIn(dimas)).accessToken).av).toBe(before + 1);
    await remove(team.id);
  });

  it('are all out when it is deleted', async () => {
    const team = await create('Short-lived');
    // The admin last: their own token ends with it.
    const people = [citra, eka, admin];
    for (const { id } of people) await put(team.id, id);
    token = (await signIn(admin)).accessToken;
    const sessions = await Promise.all(people.map((one) => signIn(one)));
    await expect(remove(team.id)).resolves.toMatchObject({ members: 3 });
    for (const [i, teams] of [[sales.id], [support.id], []].entries()) await hasNewTeams(sessions[i]!, teams);
    expect(await stack.query('SELECT 1 FROM team_member WHERE team_id = $1', [team.id])).toEqual([]);
    token = (await signIn(admin)).accessToken;
    await expect(members(team.id)).rejects.toMatchObject(notFound);
  });

  it('lose each team once, where several are deleted while their roles change', async () => {
    const people = [citra, eka];
    const versions = () => Promise.all(people.map(async (one) => claims((await signIn(one)).accessToken).av));
    for (let round = 0; round < 5; round++) {
      const teams = await Promise.all([1, 2].map((n) => create(`Twin ${n}`)));
      for (const team of teams) for (const { id } of people) await put(team.id, id);
      const before = await versions();
      const role = round % 2 ? 'agent' : 'leader';
      await Promise.all([
        ...people.map(({ id }) => stack.rpc.call(agentUpdate, { agentId: id, role }, { token })),
        ...teams.map(({ id }) => remove(id)),
      ]);
      expect(await versions()).toEqual(before.map((version) => version + 3));
    }
  });

  it('are nobody who joins in the moment of its end', async () => {
    for (let round = 0; round < 5; round++) {
      const team = await create(`Brief ${round}`);
      const [joined] = await Promise.allSettled([put(team.id, dimas.id), remove(team.id)]);
      expect(joined.status === 'fulfilled' ? notFound : joined.reason).toMatchObject(notFound);
      expect(await stack.query('SELECT 1 FROM team_member WHERE team_id = $1', [team.id])).toEqual([]);
      expect(claims((await signIn(dimas)).accessToken).teams).toEqual([sales.id]);
    }
  });
});

describe('what is not theirs', () => {
  const foreign = stranger.teams[0]!.id;

  it.each([
    ['a team of another business', foreign],
    ['a team that does not exist', NOBODY],
  ])('is not found: %s', async (_, teamId) => {
    for (const ask of [
      () => rename(teamId, 'Mine'),
      () => remove(teamId),
      () => members(teamId),
      () => put(teamId, citra.id),
      () => takeOut(teamId, stranger.agents[0]!.id),
    ])
      await expect(ask()).rejects.toMatchObject({ ...notFound, message: 'There is no such team.' });
  });

  it.each([
    ['an agent of another business', stranger.agents[0]!.id],
    ['an agent that does not exist', NOBODY],
  ])('is not found: %s', async (_, agentId) => {
    await expect(put(sales.id, agentId)).rejects.toMatchObject(notFound);
    await expect(takeOut(sales.id, agentId)).rejects.toMatchObject(notFound);
  });

  it('stays as it is', async () => {
    const { accessToken } = await signIn(stranger.agents[0]!);
    expect(claims(accessToken)).toMatchObject({ av: 1, teams: [foreign] });
    const theirs = await stack.rpc.call(teamList, {}, { token: accessToken });
    expect(theirs.items).toEqual([{ id: foreign, name: 'Sales', members: 1 }]);
  });

  it.each([
    ['a leader', leader],
    ['an agent', agent],
  ])('is read by %s, and left to admins to change', async (_, who) => {
    const as = { token: (await signIn(who)).accessToken };
    const [teamId, agentId] = [sales.id, citra.id];
    await expect(stack.rpc.call(teamList, {}, as)).resolves.toHaveProperty('items.length', 2);
    await expect(stack.rpc.call(teamMemberList, { teamId }, as)).resolves.toHaveProperty('items.length', 3);
    for (const attempt of [
      stack.rpc.call(teamCreate, { name: 'Mine' }, as),
      stack.rpc.call(teamUpdate, { teamId, name: 'Mine' }, as),
      stack.rpc.call(teamDelete, { teamId }, as),
      stack.rpc.call(teamMemberPut, { teamId, agentId, leader: true }, as),
      stack.rpc.call(teamMemberRemove, { teamId, agentId }, as),
    ])
      await expect(attempt).rejects.toMatchObject({ code: 'forbidden' });
  });
});
