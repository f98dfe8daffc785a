import { randomBytes, randomUUID } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import {
  agentUpdate,
  roleCreate,
  sessionRefresh,
  ssoConnectionDelete,
  ssoConnectionGet,
  ssoConnectionPut,
  ssoSignInFinish,
  ssoSignInStart,
  type RpcRequest,
} from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import { SessionRepository } from '../src/session/session.repository';
import { SsoRepository } from '../src/sso/sso.repository';
import {
  CLIENT,
  CONSOLE_URL,
  startIdentityProvider,
  visit,
  type IdentityProvider,
} from './identity-provider';
import {
  admin,
  agent,
  alter,
  demo,
  leader,
  refused as ended,
  startUserStack,
  stranger,
  type UserStack,
} from './stack';

let provider: IdentityProvider;
let stack: UserStack;
let token: string;
beforeAll(async () => {
  provider = await startIdentityProvider();
  stack = await startUserStack({ CONSOLE_URL });
  token = (await stack.signIn(admin)).accessToken;
});
afterAll(async () => {
  await stack.close();
  await provider.kill();
});
beforeEach(async () => {
  await stack.query('DELETE FROM sso_identity');
  await stack.query('DELETE FROM sign_in_attempt');
  await setUp();
});

const setUp = (change: Partial<RpcRequest<typeof ssoConnectionPut>> = {}, by = token) =>
  stack.rpc.call(
    ssoConnectionPut,
    { issuer: provider.issuer, ...CLIENT, domains: ['demo.test'], enabled: true, enforced: false, ...change },
    { token: by },
  );
const start = (email = agent.email) => stack.rpc.call(ssoSignInStart, { email }, { timeoutMs: 15_000 });
const finish = (answer: RpcRequest<typeof ssoSignInFinish>) =>
  stack.rpc.call(ssoSignInFinish, answer, { timeoutMs: 15_000 });
/** All of the way, as this person at the provider. */
const signIn = async (who?: string) => {
  const { url, secret } = await start();
  return finish({ ...(await visit(url, who)), secret });
};
const over = { code: 'sso_over' };
const refused = (why: RegExp) => ({ code: 'sso_refused', message: expect.stringMatching(why) as string });
const agentOf = (accessToken: string) =>
  (JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as { sub: string }).sub;

describe('an agent', () => {
  it('signs in at the identity provider of their business', async () => {
    const { accessToken, refreshToken } = await signIn();
    expect(agentOf(accessToken)).toBe(agent.id);
    expect(refreshToken).toHaveLength(43);
    await expect(stack.works(accessToken)).resolves.toHaveProperty('items');
  });

  it('is found by the business, too, and by an email that only the provider’s userinfo tells', async () => {
    const other = await startIdentityProvider('userinfo');
    await setUp({ issuer: other.issuer });
    const { url, secret } = await stack.rpc.call(ssoSignInStart, { tenantId: demo.tenant.id });
    const { accessToken } = await finish({ ...(await visit(url, leader.email)), secret });
    expect(agentOf(accessToken)).toBe(leader.id);
    await other.kill();
  });

  it('stays who they are at the provider when their email there changes, and nobody takes their place', async () => {
    await signIn(`her=${agent.email}`);
    const linked = await stack.query(
      `SELECT actor_id, after FROM audit_entry WHERE action = 'sso-identity.linked'`,
    );
    expect(linked.at(-1)).toMatchObject({ actor_id: agent.id, after: { subject: 'her' } });
    expect(agentOf((await signIn('her=married@elsewhere.test')).accessToken)).toBe(agent.id);
    await expect(signIn(`somebody=${agent.email}`)).rejects.toMatchObject(refused(/another account/));
  });

  it('does not come in while they are deactivated', async () => {
    const set = (status: 'active' | 'deactivated') =>
      stack.rpc.call(agentUpdate, { agentId: agent.id, status }, { token });
    const { url, secret } = await start();
    await signIn();
    await set('deactivated');
    await expect(finish({ ...(await visit(url)), secret })).rejects.toMatchObject(refused(/no longer/));
    await expect(start()).rejects.toMatchObject({ code: 'not_found' });
    await set('active');
  });
});

describe('nobody comes in', () => {
  it.each([
    ['whose email is not verified', `unverified:${agent.email}`, /not verified/],
    ['who is no agent: none is made', 'nobody@demo.test', /ask to be invited/],
    ['of a domain that is not theirs', 'citra@elsewhere.test', /your domain/],
  ])('%s', async (_, who, why) => {
    await expect(signIn(who)).rejects.toMatchObject(refused(why));
  });

  it('with the email of another business', async () => {
    await setUp({ domains: ['demo.test', 'other.test'] });
    await expect(signIn(stranger.agents[0]!.email)).rejects.toMatchObject(refused(/ask to be invited/));
  });

  it('by a state that was used', async () => {
    const { url, secret } = await start();
    const answer = { ...(await visit(url)), secret };
    await finish(answer);
    await expect(finish(answer)).rejects.toMatchObject(over);
  });

  it('by a state that began in another browser, nor afterwards in that one', async () => {
    const [mine, theirs] = [await start(), await start()];
    const answer = await visit(theirs.url);
    await expect(finish({ ...answer, secret: mine.secret })).rejects.toMatchObject(over);
    await expect(finish({ ...answer, secret: theirs.secret })).rejects.toMatchObject(over);
  });

  it('by a state that has expired, or that nobody gave out', async () => {
    const { url, secret } = await start();
    const answer = await visit(url);
    await expect(finish({ ...answer, state: 'x'.repeat(43), secret })).rejects.toMatchObject(over);
    await alter(stack.databaseUrl, 'sso_state', 'UPDATE sso_state SET expires_at = now()');
    await expect(finish({ ...answer, secret })).rejects.toMatchObject(over);
    await start();
    await alter(stack.databaseUrl, 'sso_state', 'UPDATE sso_state SET expires_at = now()');
    await stack.app.get(SsoRepository).forgetExpired();
    expect(await stack.query('SELECT 1 FROM sso_state')).toEqual([]);
  });

  it('by a code that was used, in another sign-in', async () => {
    const first = await start();
    const { code, issuer } = await visit(first.url);
    const second = await start();
    const { state } = await visit(second.url);
    await expect(finish({ code, state, issuer, secret: second.secret })).rejects.toMatchObject(
      refused(/not valid/),
    );
  });

  it('by an answer with another nonce', async () => {
    const { url, secret } = await start();
    const forged = new URL(url);
    forged.searchParams.set('nonce', 'another');
    await expect(finish({ ...(await visit(forged.href)), secret })).rejects.toMatchObject(
      refused(/not valid/),
    );
  });

  it('by the answer of another provider, whoever it says it is of', async () => {
    const evil = await startIdentityProvider();
    const honest = await start();
    await setUp({ issuer: evil.issuer });
    const elsewhere = await start();
    const answer = await visit(elsewhere.url);
    await setUp();
    const { state } = await visit(honest.url);
    const mixed = { code: answer.code, state, secret: honest.secret };
    await expect(finish({ ...mixed, issuer: evil.issuer })).rejects.toMatchObject(refused(/not valid/));
    // What began at one provider does not end at another.
    await expect(finish({ ...answer, secret: elsewhere.secret })).rejects.toMatchObject(over);
    await evil.kill();
  });

  it('where the answer does not say whose it is, though the provider always does', async () => {
    const { url, secret } = await start();
    const { code, state } = await visit(url);
    await expect(finish({ code, state, secret })).rejects.toMatchObject(refused(/not valid/));
  });
});

describe('a provider', () => {
  it('that is away is a problem of its own, and soon', async () => {
    const away = { code: 'sso_provider_unavailable' };
    const gone = await startIdentityProvider();
    await setUp({ issuer: gone.issuer });
    const { url, secret } = await start();
    const answer = await visit(url);
    await gone.kill();
    await expect(finish({ ...answer, secret })).rejects.toMatchObject(away);
    await setUp({ issuer: 'http://127.0.0.1:1' });
    await expect(start()).rejects.toMatchObject(away);
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    await setUp({ issuer: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` });
    const began = performance.now();
    await expect(start()).rejects.toMatchObject(away);
    expect(performance.now() - began).toBeLessThan(6_000);
    silent.close();
  });

  it('that says it is another is not believed', async () => {
    await setUp({ issuer: provider.issuer.replace('127.0.0.1', 'localhost') });
    await expect(start()).rejects.toMatchObject({ code: 'sso_provider_unavailable' });
  });

  it('that sends people elsewhere than to a page of the web is not believed', async () => {
    const server = createHttpServer((_, response) => {
      const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ issuer, authorization_endpoint: 'javascript:alert(document.domain)//' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await setUp({ issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    await expect(start()).rejects.toMatchObject({ code: 'sso_provider_unavailable' });
    server.closeAllConnections();
    server.close();
  });

  it('that does not know our secret is the administrator’s to mend', async () => {
    await setUp({ clientSecret: 'wrong' });
    await expect(signIn()).rejects.toMatchObject(refused(/administrator/));
  });
});

describe('the connection', () => {
  it('is the admin’s, and never shows its secret', async () => {
    const view = await stack.rpc.call(ssoConnectionGet, {}, { token });
    expect(view).toEqual({
      issuer: provider.issuer,
      clientId: CLIENT.clientId,
      domains: ['demo.test'],
      enabled: true,
      enforced: false,
      redirectUri: 'https://console.test/sso/callback',
    });
    const [row] = await stack.query<{ row: string }>(
      `SELECT encode(client_secret, 'escape') || c::text AS row FROM sso_connection c`,
    );
    expect(row!.row).not.toContain(CLIENT.clientSecret);
    const { accessToken } = await stack.signIn(leader);
    await expect(stack.rpc.call(ssoConnectionGet, {}, { token: accessToken })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('keeps its secret where nothing but the rest changes, and shows it to no other provider', async () => {
    await setUp({ clientSecret: undefined, domains: ['demo.test', 'kopi.example'] });
    await expect(signIn()).resolves.toHaveProperty('accessToken');
    for (const change of [{ issuer: 'http://127.0.0.1:1' }, { clientId: 'other' }])
      await expect(setUp({ clientSecret: undefined, ...change })).rejects.toMatchObject({
        code: 'invalid_request',
      });
  });

  it.each([
    'login.example',
    'ftp://login.example',
    'https://a:b@login.example',
    'https://login.example/?a=b',
  ])('takes no issuer %s', async (issuer) => {
    await expect(setUp({ issuer })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('is set up by nobody who may do less than an admin, as the provider says who is one', async () => {
    const { id: role } = await stack.rpc.call(
      roleCreate,
      { name: 'Sign-on', grants: { 'sso.manage': 'all' } },
      { token },
    );
    const give = (to: string) => stack.rpc.call(agentUpdate, { agentId: leader.id, role: to }, { token });
    await give(role);
    const { accessToken } = await stack.signIn(leader);
    await expect(setUp({ issuer: 'https://login.evil.example' }, accessToken)).rejects.toMatchObject({
      code: 'forbidden',
    });
    await give('leader');
  });

  it('is not used where it is switched off or deleted', async () => {
    const nobody = { code: 'not_found' };
    const { url, secret } = await start();
    await setUp({ enabled: false });
    await expect(start()).rejects.toMatchObject(nobody);
    await expect(finish({ ...(await visit(url)), secret })).rejects.toMatchObject(over);
    await stack.rpc.call(ssoConnectionDelete, {}, { token });
    await expect(start()).rejects.toMatchObject(nobody);
    await expect(stack.rpc.call(ssoConnectionGet, {}, { token })).rejects.toMatchObject(nobody);
  });

  it.each([
    ['switched off', () => setUp({ enabled: false })],
    ['another provider', () => setUp({ issuer: 'http://127.0.0.1:1' })],
    ['deleted', () => stack.rpc.call(ssoConnectionDelete, {}, { token })],
  ])('that is %s ends the sessions that it opened, and no others', async (_, change) => {
    const [theirs, mine] = [await signIn(), await stack.signIn(agent)];
    await setUp({ domains: ['demo.test', 'kopi.example'] });
    await expect(stack.works(theirs.accessToken)).resolves.toHaveProperty('items');
    await change();
    await eventually(() => expect(stack.works(theirs.accessToken)).rejects.toMatchObject(ended));
    await expect(stack.rpc.call(sessionRefresh, theirs)).rejects.toMatchObject(ended);
    await expect(stack.works(mine.accessToken)).resolves.toHaveProperty('items');
  });

  it('opens no session once it is switched off, though it was not when somebody came', async () => {
    await setUp({ enabled: false });
    const created = stack.app
      .get(SessionRepository, { strict: false })
      .create(
        { id: randomUUID(), agentId: agent.id, userAgent: null, ip: null },
        { token: randomBytes(32), proof: 'sso', days: 1 },
      );
    await expect(created).resolves.toBe(false);
  });

  it('may be the only way in, but not for admins', async () => {
    await setUp({ enforced: true });
    await expect(stack.signIn(agent)).rejects.toMatchObject({ code: 'sso_required' });
    await expect(stack.signIn({ ...agent, password: 'wrong' })).rejects.toMatchObject({
      code: 'invalid_credentials',
    });
    await expect(stack.signIn(admin)).resolves.toHaveProperty('accessToken');
    await expect(stack.signIn(stranger.agents[0]!)).resolves.toHaveProperty('accessToken');
    await expect(signIn()).resolves.toHaveProperty('accessToken');
    await setUp({ enforced: true, enabled: false });
    await expect(stack.signIn(agent)).resolves.toHaveProperty('accessToken');
  });
});

it('gets slow for whoever asks for somebody again and again', async () => {
  for (let n = 0; n < 5; n++)
    await expect(start('nobody@demo.test')).rejects.toMatchObject({ code: 'not_found' });
  await expect(start('nobody@demo.test')).rejects.toMatchObject({ code: 'too_many_requests' });
});
