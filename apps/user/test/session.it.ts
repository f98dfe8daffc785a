import { agentMe, sessionCreate, sessionRefresh } from '@scrm/contracts';
import { TokenVerifier } from '@scrm/platform';
import jwt from 'jsonwebtoken';
import { alter, agent, demo, leader, startUserStack, type UserStack } from './stack';

let stack: UserStack;
beforeAll(async () => {
  stack = await startUserStack();
});
afterAll(() => stack.close());

const signIn = ({ email, password } = agent) => stack.rpc.call(sessionCreate, { email, password });
const refresh = (refreshToken: string) => stack.rpc.call(sessionRefresh, { refreshToken });
const backdateUse = () => stack.ageRefreshTokens();

describe('signing in', () => {
  it('answers tokens that verify against the published keys', async () => {
    const { accessToken, expiresIn } = await signIn(leader);
    expect(expiresIn).toBe(600);
    const verifier = new TokenVerifier({
      jwksUrl: `${stack.url}/.well-known/jwks.json`,
      issuer: 'scrm',
      audience: 'scrm',
    });
    await expect(verifier.verify(accessToken)).resolves.toMatchObject({
      agentId: leader.id,
      tenantId: demo.tenant.id,
      role: 'leader',
      teamIds: [demo.teams.find((t) => t.name === 'Sales')!.id],
    });
  });

  it('takes the email in any case', async () => {
    await expect(signIn({ ...agent, email: ' Agent1@DEMO.test ' })).resolves.toHaveProperty('accessToken');
  });

  it.each([
    ['a wrong password', { email: agent.email, password: 'not-it' }],
    ['an unknown email', { email: 'nobody@demo.test', password: agent.password }],
    ['an empty password', { email: agent.email, password: '' }],
  ])('refuses %s as invalid_credentials', async (_, request) => {
    await expect(stack.rpc.call(sessionCreate, request)).rejects.toMatchObject({
      code: 'invalid_credentials',
    });
  });

  it('refuses a deactivated agent with the right password, and lets them in again when active', async () => {
    await alter(
      stack.databaseUrl,
      'agent',
      `UPDATE agent SET status = 'deactivated' WHERE id = '${agent.id}'`,
    );
    await expect(signIn()).rejects.toMatchObject({ code: 'invalid_credentials' });
    await alter(stack.databaseUrl, 'agent', `UPDATE agent SET status = 'active' WHERE id = '${agent.id}'`);
    await expect(signIn()).resolves.toHaveProperty('refreshToken');
  });

  it('keeps no refresh token in the clear', async () => {
    const { refreshToken } = await signIn();
    const rows = await stack.query<{ row: string }>('SELECT r::text AS row FROM refresh_token r');
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(refreshToken);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(refreshToken).toString('hex'));
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(refreshToken, 'base64url').toString('hex'));
  });
});

describe('asking who I am', () => {
  it('answers with the tenant and the teams', async () => {
    const { accessToken: token } = await signIn(leader);
    await expect(stack.rpc.call(agentMe, {}, { token })).resolves.toMatchObject({
      id: leader.id,
      name: leader.name,
      email: leader.email,
      role: 'leader',
      tenant: demo.tenant,
      teams: [{ id: demo.teams[0]!.id, name: 'Sales', leader: true }],
    });
  });

  it('refuses without a token, and with one of another issuer', async () => {
    const { accessToken } = await signIn();
    const { payload } = jwt.decode(accessToken, { complete: true })!;
    const token = jwt.sign(payload as object, 'secret');
    await expect(stack.rpc.call(agentMe, {})).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(stack.rpc.call(agentMe, {}, { token })).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('refreshing', () => {
  it('trades a refresh token for new tokens of the same session', async () => {
    const first = await signIn();
    const second = await refresh(first.refreshToken);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(sessionOf(second.accessToken)).toBe(sessionOf(first.accessToken));
    await expect(refresh(second.refreshToken)).resolves.toHaveProperty('accessToken');
  });

  it('ends the whole family when a used token comes again', async () => {
    const first = await signIn();
    const second = await refresh(first.refreshToken);
    await backdateUse();
    await expect(refresh(first.refreshToken)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(refresh(second.refreshToken)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('lets two tabs race: each gets a pair that works', async () => {
    const { refreshToken } = await signIn();
    const pairs = await Promise.all(Array.from({ length: 5 }, () => refresh(refreshToken)));
    expect(new Set(pairs.map((p) => p.refreshToken)).size).toBe(5);
    for (const pair of pairs) await expect(refresh(pair.refreshToken)).resolves.toHaveProperty('accessToken');
  });

  it('does not touch other sessions of the same agent', async () => {
    const [stolen, mine] = [await signIn(), await signIn()];
    await refresh(stolen.refreshToken);
    await backdateUse();
    await expect(refresh(stolen.refreshToken)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(refresh(mine.refreshToken)).resolves.toHaveProperty('accessToken');
  });

  it('refuses an agent who was deactivated and a tenant that was suspended since', async () => {
    const bySql = (table: string, status: string, id: string) =>
      alter(stack.databaseUrl, table, `UPDATE ${table} SET status = '${status}' WHERE id = '${id}'`);
    for (const [table, id, out] of [
      ['agent', agent.id, 'deactivated'],
      ['tenant', demo.tenant.id, 'suspended'],
    ] as const) {
      const { refreshToken } = await signIn();
      await bySql(table, out, id);
      await expect(refresh(refreshToken)).rejects.toMatchObject({ code: 'unauthenticated' });
      await bySql(table, 'active', id);
      // The session ended there and then: being let in again does not bring it back.
      await expect(refresh(refreshToken)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
  });

  it('refuses when the session has reached its end', async () => {
    const { refreshToken } = await signIn();
    await alter(stack.databaseUrl, 'session', `UPDATE session SET expires_at = now() - interval '1 second'`);
    await expect(refresh(refreshToken)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it.each([
    ['made up', 'A'.repeat(43)],
    ['of another shape', "' OR 1=1 --"],
    ['empty', ''],
  ])('refuses a token that is %s', async (_, token) => {
    await expect(refresh(token)).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

const sessionOf = (token: string) => (jwt.decode(token) as jwt.JwtPayload).sid as string;
