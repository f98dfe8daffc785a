import {
  agentList,
  agentUpdate,
  sessionRefresh,
  sessionRevoke,
  type Revocation,
  type RpcRequest,
} from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import jwt from 'jsonwebtoken';
import { admin, agent, demo, leader, refused, startUserStack, stranger, type UserStack } from './stack';

let stack: UserStack;
let told: Revocation[];

beforeAll(async () => {
  stack = await startUserStack();
  told = await stack.hearRevocations();
});
afterAll(() => stack.close());

const signIn: UserStack['signIn'] = (...who) => stack.signIn(...who);
const tokenOf = async (account: typeof agent) => (await signIn(account)).accessToken;
const claims = (token: string) => jwt.decode(token) as { sid: string; av: number; role: string };
const published = async () => {
  const response = await fetch(`${stack.url}/.well-known/revocations.json`);
  return ((await response.json()) as { revocations: Revocation[] }).revocations;
};
const update = (token: string, change: RpcRequest<typeof agentUpdate>) =>
  stack.rpc.call(agentUpdate, change, { token });
const works = (of: string) => stack.works(of);

describe('my sessions', () => {
  it('are shown with the device and the place of each, and which one asks', async () => {
    const first = await signIn(leader, { userAgent: 'Phone', ip: '203.0.113.7' });
    const { accessToken: token } = await signIn(leader);
    const { items } = await works(token);
    expect(items.map(({ id, current }) => [id, current])).toEqual([
      [claims(token).sid, true],
      [claims(first.accessToken).sid, false],
    ]);
    expect(items[1]).toMatchObject({ userAgent: 'Phone', ip: '203.0.113.7' });
    // Who used tokens last comes first.
    await stack.rpc.call(sessionRefresh, { refreshToken: first.refreshToken });
    expect((await works(token)).items[0]!.id).toBe(claims(first.accessToken).sid);
  });

  it('end one by one: its tokens are refused at once, and everybody is told', async () => {
    const gone = await signIn(agent);
    const token = await tokenOf(agent);
    const { sid } = claims(gone.accessToken);
    await expect(stack.rpc.call(sessionRevoke, { which: sid }, { token })).resolves.toEqual({ revoked: 1 });
    const revocation = { kind: 'session', id: sid };
    await eventually(() => expect(told).toContainEqual(revocation));
    expect(await published()).toContainEqual(expect.objectContaining(revocation));
    await eventually(() => expect(works(gone.accessToken)).rejects.toMatchObject(refused));
    await expect(stack.rpc.call(sessionRefresh, { refreshToken: gone.refreshToken })).rejects.toMatchObject(
      refused,
    );
    await expect(works(token)).resolves.toHaveProperty('items');
    await expect(stack.rpc.call(sessionRevoke, { which: sid }, { token })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('end everywhere else, here, or all at once', async () => {
    const tokens = await Promise.all([1, 2, 3].map(() => tokenOf(leader)));
    const [here] = tokens as [string];
    const end = (which: 'current' | 'others' | 'all', token: string) =>
      stack.rpc.call(sessionRevoke, { which }, { token });
    expect((await end('others', here)).revoked).toBeGreaterThanOrEqual(2);
    expect((await works(here)).items).toHaveLength(1);
    for (const other of tokens.slice(1))
      await eventually(() => expect(works(other)).rejects.toMatchObject(refused));
    await expect(end('current', here)).resolves.toEqual({ revoked: 1 });
    await eventually(() => expect(works(here)).rejects.toMatchObject(refused));
    const again = await tokenOf(leader);
    await expect(end('all', again)).resolves.toEqual({ revoked: 1 });
  });

  it('are not those of others, colleagues or strangers', async () => {
    const theirs = claims(await tokenOf(leader)).sid;
    for (const someone of [agent, stranger.agents[0]!]) {
      const token = await tokenOf(someone);
      await expect(stack.rpc.call(sessionRevoke, { which: theirs }, { token })).rejects.toMatchObject({
        code: 'not_found',
      });
    }
  });

  it('end, tokens and all, when a refresh token is used twice', async () => {
    const first = await signIn(agent);
    const second = await stack.rpc.call(sessionRefresh, { refreshToken: first.refreshToken });
    await stack.ageRefreshTokens();
    const reuse = stack.rpc.call(sessionRefresh, { refreshToken: first.refreshToken });
    await expect(reuse).rejects.toMatchObject(refused);
    await eventually(() => expect(works(second.accessToken)).rejects.toMatchObject(refused));
  });
});

describe('an agent', () => {
  const citra = demo.agents.at(-1)!;
  let token: string;
  beforeAll(async () => {
    token = await tokenOf(admin);
  });

  it('is listed with role, status and teams, page by page', async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await stack.rpc.call(agentList, { limit: 4, ...(cursor && { cursor }) }, { token });
      seen.push(...page.items.map(({ email }) => email));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen.sort()).toEqual(demo.agents.map(({ email }) => email).sort());
    const leaders = await stack.rpc.call(agentList, { role: 'leader', status: 'active' }, { token });
    expect(leaders.items).toMatchObject([{ id: leader.id, teams: [{ name: 'Sales', leader: true }] }]);
    await expect(stack.rpc.call(agentList, { cursor: 'nonsense' }, { token })).rejects.toMatchObject({
      code: 'invalid_cursor',
    });
  });

  it('has other rights at once: older tokens end, and the next one says them', async () => {
    const session = await signIn(citra);
    await expect(update(token, { agentId: citra.id, role: 'leader' })).resolves.toMatchObject({
      role: 'leader',
    });
    await eventually(() => expect(works(session.accessToken)).rejects.toMatchObject(refused));
    const next = await stack.rpc.call(sessionRefresh, { refreshToken: session.refreshToken });
    expect(claims(next.accessToken)).toMatchObject({
      role: 'leader',
      av: claims(session.accessToken).av + 1,
    });
    await expect(works(next.accessToken)).resolves.toHaveProperty('items');
    const version = claims(next.accessToken).av;
    expect(told).toContainEqual({ kind: 'agent', id: citra.id, version });
    expect(await published()).toContainEqual({ kind: 'agent', id: citra.id, version });
    await update(token, { agentId: citra.id, role: 'agent' });
  });

  it('keeps their tokens where nothing of their rights changes', async () => {
    const mine = await tokenOf(citra);
    const { av } = claims(mine);
    await update(token, { agentId: citra.id, name: 'Another Name', role: 'agent' });
    expect(claims(await tokenOf(citra)).av).toBe(av);
    const { items } = await stack.rpc.call(agentList, { role: 'agent' }, { token });
    expect(items.find(({ id }) => id === citra.id)).toMatchObject({ name: 'Another Name' });
  });

  it('is out when deactivated, also when let in again', async () => {
    const session = await signIn(citra);
    await update(token, { agentId: citra.id, status: 'deactivated' });
    await eventually(() => expect(works(session.accessToken)).rejects.toMatchObject(refused));
    await expect(signIn(citra)).rejects.toMatchObject({ code: 'invalid_credentials' });
    await update(token, { agentId: citra.id, status: 'active' });
    const old = stack.rpc.call(sessionRefresh, { refreshToken: session.refreshToken });
    await expect(old).rejects.toMatchObject(refused);
    await expect(works(await tokenOf(citra))).resolves.toHaveProperty('items');
  });

  it.each([
    [
      'by somebody without the permission',
      leader,
      () => ({ agentId: citra.id, role: 'admin' as const }),
      'forbidden',
    ],
    ['of their own role', admin, () => ({ agentId: admin.id, role: 'agent' as const }), 'forbidden'],
    [
      'of their own status',
      admin,
      () => ({ agentId: admin.id, status: 'deactivated' as const }),
      'forbidden',
    ],
    ['of another business', admin, () => ({ agentId: stranger.agents[0]!.id, name: 'Mine' }), 'not_found'],
  ])('is not changed %s', async (_, who, change, code) => {
    await expect(update(await tokenOf(who), change())).rejects.toMatchObject({ code });
  });

  it('is not the last admin to go, though two of them take it from each other at the same moment', async () => {
    await update(token, { agentId: leader.id, role: 'agent' });
    const admins = () =>
      stack.query<{ email: string }>(
        `SELECT email FROM agent WHERE tenant_id = $1 AND role = 'admin' AND status = 'active'`,
        [demo.tenant.id],
      );
    const pair = [admin, citra];
    for (let round = 0; round < 5; round++) {
      const [{ email }] = (await admins()) as [{ email: string }];
      const [standing, fallen] = email === admin.email ? pair : [...pair].reverse();
      await update(await tokenOf(standing!), { agentId: fallen!.id, role: 'admin' });
      const tokens = await Promise.all(pair.map(tokenOf));
      const outcomes = await Promise.allSettled([
        update(tokens[0]!, { agentId: citra.id, role: 'agent' }),
        update(tokens[1]!, { agentId: admin.id, status: 'deactivated' }),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await admins()).toHaveLength(1);
      if (outcomes[1].status === 'fulfilled')
        await update(tokens[1]!, { agentId: admin.id, status: 'active' });
    }
  });
});
