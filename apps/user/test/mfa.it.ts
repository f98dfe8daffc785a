import { randomBytes, randomUUID } from 'node:crypto';
import path from 'node:path';
import {
  mfaGet,
  mfaRemove,
  mfaReset,
  passwordChange,
  recoveryCodeCreate,
  sessionRefresh,
  type RpcRequest,
} from '@scrm/contracts';
import { eventually, runProgram } from '@scrm/testing';
import { SessionRepository } from '../src/session/session.repository';
import { challengeOf, codeOf, mfaOf, wrongCode } from './mfa-stack';
import {
  admin,
  agent,
  alter,
  demo,
  leader,
  refused,
  SECRETS_KEY,
  startUserStack,
  stranger,
  type UserStack,
} from './stack';

const HOME = '203.0.113.7';
const THIEF = '198.51.100.9';

let stack: UserStack;
let mfa: ReturnType<typeof mfaOf>;
let secret: string;
let recoveryCodes: string[];

beforeAll(async () => {
  stack = await startUserStack();
  mfa = mfaOf(stack);
});
afterAll(() => stack.close());
beforeEach(async () => {
  await mfa.forgetTries();
  const { accessToken } = await tokensOf(agent);
  ({ secret } = await mfa.enrol(accessToken, agent.password));
  ({ recoveryCodes } = await mfa.confirm(accessToken, codeOf(secret)));
  await mfa.forgetSteps();
});
afterEach(() => mfa.forget());

const tokensOf = (account: typeof agent) => stack.signIn(account);
const signIn = async (code: string, ip?: string) => mfa.complete(await mfa.challenge(agent), code, ip);
const outcomeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'in',
    (error: { code: string; retryAfter?: number }) => `${error.code} ${error.retryAfter ?? ''}`.trim(),
  );
const outcomes = async (attempts: Promise<unknown>[]) => (await Promise.all(attempts.map(outcomeOf))).sort();
const view = (token: string) => stack.rpc.call(mfaGet, {}, { token });
const remove = (token: string, proof: RpcRequest<typeof mfaRemove>) =>
  stack.rpc.call(mfaRemove, proof, { token });

describe('who has a second factor', () => {
  it('signs in with password and code', async () => {
    const challenge = await challengeOf(stack.signIn(agent));
    expect(challenge).toMatchObject({ code: 'mfa_required', expiresIn: 300 });
    const session = await mfa.complete(challenge.token, codeOf(secret));
    await expect(stack.works(session.accessToken)).resolves.toHaveProperty('items');
    await expect(view(session.accessToken)).resolves.toMatchObject({
      recoveryCodesLeft: 10,
      required: false,
    });
    await expect(stack.rpc.call(sessionRefresh, session)).resolves.toHaveProperty('accessToken');
  });

  it('is told nothing of it where the password is wrong', async () => {
    await expect(outcomeOf(stack.signIn({ ...agent, password: 'guess' }))).resolves.toBe(
      'invalid_credentials',
    );
  });

  it('gets no session without a code, though there was no second factor when the password was looked at', async () => {
    const [row] = await stack.query<{ hash: string }>(
      'SELECT password_hash AS hash FROM agent WHERE id = $1',
      [agent.id],
    );
    const create = (mine: boolean) =>
      stack.app
        .get(SessionRepository)
        .create(
          { id: randomUUID(), agentId: agent.id, userAgent: null, ip: null },
          { token: randomBytes(32), proof: { passwordHash: row!.hash, mfa: mine }, days: 1 },
        );
    await expect(create(false)).resolves.toBe(false);
    await expect(create(true)).resolves.toBe(true);
  });

  it('types the code with a space, or a clock that is half a minute off', async () => {
    await expect(signIn(codeOf(secret).replace(/^.../, '$& '))).resolves.toHaveProperty('accessToken');
    await mfa.forgetSteps();
    await expect(signIn(codeOf(secret, 1))).resolves.toHaveProperty('accessToken');
    await mfa.forgetSteps();
    await expect(outcomeOf(signIn(codeOf(secret, 3)))).resolves.toBe('invalid_code');
  });

  it('uses a code once, and none of a step before that', async () => {
    const used = codeOf(secret);
    const before = codeOf(secret, -1);
    await signIn(used);
    for (const old of [used, before]) expect(await outcomeOf(signIn(old))).toBe('invalid_code');
    await expect(signIn(codeOf(secret, 1))).resolves.toHaveProperty('accessToken');
  });

  it('is in once, when two come with the same code at the same moment', async () => {
    for (let round = 0; round < 5; round++) {
      const challenges = await Promise.all([mfa.challenge(agent), mfa.challenge(agent)]);
      const code = codeOf(secret);
      await expect(outcomes(challenges.map((c) => mfa.complete(c, code)))).resolves.toEqual([
        'in',
        'invalid_code',
      ]);
      await mfa.forgetSteps();
    }
  });

  it('uses a recovery code once, in any case and without its dashes', async () => {
    const [first, second] = recoveryCodes as [string, string];
    const { accessToken } = await signIn(first.toUpperCase().replaceAll('-', ' '));
    await expect(view(accessToken)).resolves.toMatchObject({ recoveryCodesLeft: 9 });
    expect(await outcomeOf(signIn(first))).toBe('invalid_code');
    const challenges = await Promise.all([mfa.challenge(agent), mfa.challenge(agent)]);
    const raced = await outcomes(challenges.map((c) => mfa.complete(c, second)));
    expect(raced).toEqual(['in', 'invalid_code']);
  });

  it('is guessed at a thousand times, ever more slowly, and gets in all the while', async () => {
    const thief: string[] = [];
    const guess = async (challenge: string) => {
      for (let n = 0; n < 50; n++)
        thief.push(await outcomeOf(mfa.complete(challenge, wrongCode(secret), THIEF)));
    };
    const challenges = [];
    for (let n = 0; n < 20; n++) challenges.push(await mfa.challenge(agent));
    const guessing = Promise.all(challenges.map(guess));
    expect(await outcomeOf(signIn(codeOf(secret), HOME))).toBe('in');
    await guessing;
    expect(thief).toHaveLength(1_000);
    const looked = thief.filter((outcome) => outcome === 'invalid_code').length;
    expect(looked).toBeGreaterThanOrEqual(5);
    expect(looked).toBeLessThanOrEqual(10);
    // A thousand guesses may have taken longer than the wait: this one begins it anew.
    await outcomeOf(mfa.complete(await mfa.challenge(agent), wrongCode(secret), THIEF));
    // Giving the password once more wins the thief nothing, and the right code has to wait there, too.
    expect(await outcomeOf(signIn(codeOf(secret, 1), THIEF))).toMatch(/^too_many_requests \d+$/);
    expect(await outcomeOf(signIn(codeOf(secret, 1), HOME))).toBe('in');
  }, 60_000);
});

describe('the challenge', () => {
  const pass = (seconds: number) =>
    alter(
      stack.databaseUrl,
      'sign_in_challenge',
      `UPDATE sign_in_challenge SET expires_at = expires_at - interval '${seconds} seconds'`,
    );

  it('is good once', async () => {
    const challenge = await mfa.challenge(agent);
    await mfa.complete(challenge, codeOf(secret));
    expect(await outcomeOf(mfa.complete(challenge, codeOf(secret, 1)))).toBe('challenge_over');
    const another = await mfa.challenge(agent);
    const raced = [codeOf(secret, 1), recoveryCodes[0]!].map((code) => mfa.complete(another, code));
    await expect(outcomes(raced)).resolves.toEqual(['challenge_over', 'in']);
  });

  it('leaves the code good where it is over itself', async () => {
    const challenge = await mfa.challenge(agent);
    await pass(301);
    const code = codeOf(secret);
    expect(await outcomeOf(mfa.complete(challenge, code))).toBe('challenge_over');
    await expect(signIn(code)).resolves.toHaveProperty('accessToken');
  });

  it('is over after five wrong codes', async () => {
    const challenge = await mfa.challenge(agent);
    for (let n = 0; n < 5; n++) {
      expect(await outcomeOf(mfa.complete(challenge, wrongCode(secret)))).toBe('invalid_code');
      await mfa.forgetTries();
    }
    expect(await outcomeOf(mfa.complete(challenge, codeOf(secret)))).toBe('challenge_over');
  });

  it('of one agent is nothing for the code of another', async () => {
    const { accessToken } = await tokensOf(leader);
    const theirs = await mfa.enrol(accessToken, leader.password);
    await mfa.confirm(accessToken, codeOf(theirs.secret));
    await mfa.forgetSteps();
    const challenge = await mfa.challenge(agent);
    expect(await outcomeOf(mfa.complete(challenge, codeOf(theirs.secret)))).toBe('invalid_code');
    await expect(mfa.complete(await mfa.challenge(leader), codeOf(theirs.secret))).resolves.toHaveProperty(
      'accessToken',
    );
  });

  it('is over when the password is another one by now, or the agent is out', async () => {
    const set = (column: string, value: string) =>
      alter(stack.databaseUrl, 'agent', `UPDATE agent SET ${column} = '${value}' WHERE id = '${agent.id}'`);
    const [row] = await stack.query<{ hash: string }>(
      'SELECT password_hash AS hash FROM agent WHERE id = $1',
      [agent.id],
    );
    const { accessToken } = await signIn(recoveryCodes[0]!);
    const [before, after] = [await mfa.challenge(agent), 'payung-kuning-di-pasar'];
    const change = { currentPassword: agent.password, newPassword: after };
    await stack.rpc.call(passwordChange, change, { token: accessToken });
    expect(await outcomeOf(mfa.complete(before, codeOf(secret)))).toBe('invalid_credentials');
    await set('password_hash', row!.hash);
    const another = await mfa.challenge(agent);
    await set('status', 'deactivated');
    expect(await outcomeOf(mfa.complete(another, codeOf(secret, 1)))).toBe('invalid_credentials');
    await set('status', 'active');
    const suspend = (status: string) =>
      alter(
        stack.databaseUrl,
        'tenant',
        `UPDATE tenant SET status = '${status}' WHERE id = '${demo.tenant.id}'`,
      );
    const last = await mfa.challenge(agent);
    await suspend('suspended');
    expect(await outcomeOf(mfa.complete(last, recoveryCodes[1]!))).toBe('invalid_credentials');
    await suspend('active');
  });

  it.each(['', 'nonsense', 'x'.repeat(43)])('is none that somebody made up: %j', async (made) => {
    expect(await outcomeOf(mfa.complete(made, codeOf(secret)))).toBe('challenge_over');
    expect(await outcomeOf(mfa.enrolBy(made))).toBe('challenge_over');
    expect(await outcomeOf(mfa.enrolBy(await mfa.challenge(agent)))).toBe('challenge_over');
  });
});

describe('setting it up', () => {
  let token: string;
  beforeEach(async () => {
    token = (await signIn(codeOf(secret))).accessToken;
    await mfa.forgetSteps();
  });

  it('ends all other sessions, and does not count before it is confirmed', async () => {
    await remove(token, { currentPassword: agent.password });
    const other = await tokensOf(agent);
    const seed = await mfa.enrol(token, agent.password);
    expect(seed.uri).toContain(`secret=${seed.secret}`);
    await expect(tokensOf(agent)).resolves.toHaveProperty('accessToken');
    expect(await outcomeOf(mfa.confirm(token, wrongCode(seed.secret)))).toBe('invalid_code');
    const confirming = codeOf(seed.secret);
    const { recoveryCodes: codes } = await mfa.confirm(token, confirming);
    expect(new Set(codes).size).toBe(10);
    await eventually(() => expect(stack.works(other.accessToken)).rejects.toMatchObject(refused));
    await expect(stack.works(token)).resolves.toHaveProperty('items');
    // The code that confirmed is used.
    const challenge = await mfa.challenge(agent);
    expect(await outcomeOf(mfa.complete(challenge, confirming))).toBe('invalid_code');
  });

  it('takes the password, and only where there is none', async () => {
    expect(await outcomeOf(mfa.enrol(token, 'guess'))).toBe('invalid_credentials');
    expect(await outcomeOf(mfa.enrol(token, agent.password))).toBe('conflict');
    expect(await outcomeOf(mfa.confirm(token, codeOf(secret)))).toBe('conflict');
  });

  it('is undone with the password or a code, one of them', async () => {
    const wrong: [RpcRequest<typeof mfaRemove>, string][] = [
      [{}, 'invalid_request'],
      [{ currentPassword: agent.password, code: codeOf(secret) }, 'invalid_request'],
      [{ currentPassword: 'guess' }, 'invalid_credentials'],
      [{ code: wrongCode(secret) }, 'invalid_code'],
    ];
    for (const [proof, code] of wrong) expect(await outcomeOf(remove(token, proof))).toBe(code);
    await expect(remove(token, { code: codeOf(secret) })).resolves.toMatchObject({
      enabledAt: null,
      recoveryCodesLeft: 0,
    });
    await expect(tokensOf(agent)).resolves.toHaveProperty('accessToken');
    expect(await outcomeOf(remove(token, { currentPassword: agent.password }))).toBe('conflict');
  });

  it('gives new recovery codes in place of the old', async () => {
    const renewed = await stack.rpc.call(recoveryCodeCreate, { code: codeOf(secret) }, { token });
    expect(await outcomeOf(signIn(recoveryCodes[0]!))).toBe('invalid_code');
    await expect(signIn(renewed.recoveryCodes[0]!)).resolves.toHaveProperty('accessToken');
  });

  it('keeps seeds sealed with the tenant’s key, which is replaced while people sign in, and hashes of codes', async () => {
    const seeds = () =>
      stack.query<{ seed: Buffer; hash: Buffer }>(
        'SELECT f.seed, c.hash FROM mfa_totp f JOIN recovery_code c USING (agent_id)',
      );
    const [before] = await seeds();
    expect(before!.seed.includes(secret)).toBe(false);
    expect(before!.hash).toHaveLength(32);
    const cli = path.join(__dirname, '../dist/keys.cli.js');
    const env = { DATABASE_URL: stack.databaseUrl, SECRETS_KEY };
    const { code, out } = await runProgram(cli, ['rotate-tenant', demo.tenant.id], env);
    expect([code, JSON.parse(out)]).toMatchObject([0, { resealed: 1, unreadable: [] }]);
    expect((await seeds())[0]!.seed).not.toEqual(before!.seed);
    await expect(signIn(codeOf(secret))).resolves.toHaveProperty('accessToken');
  });
});

describe('an admin', () => {
  const reset = async (who: typeof agent, agentId: string) =>
    stack.rpc.call(mfaReset, { agentId }, { token: (await tokensOf(who)).accessToken });

  it('takes it away from whoever lost theirs, and they are signed out', async () => {
    const session = await signIn(codeOf(secret));
    await expect(reset(admin, agent.id)).resolves.toMatchObject({ enabledAt: null });
    await eventually(() => expect(stack.works(session.accessToken)).rejects.toMatchObject(refused));
    expect(await outcomeOf(stack.rpc.call(sessionRefresh, session))).toBe('unauthenticated');
    await expect(tokensOf(agent)).resolves.toHaveProperty('accessToken');
  });

  it.each([
    ['one’s own', admin, admin.id, 'forbidden'],
    ['one’s own, in whatever case it is written', admin, admin.id.toUpperCase(), 'forbidden'],
    ['another business’s', admin, stranger.agents[0]!.id, 'not_found'],
    ['where there is none', admin, leader.id, 'conflict'],
    ['without the permission', leader, agent.id, 'forbidden'],
  ])('does not take %s', async (_, who, agentId, code) => {
    expect(await outcomeOf(reset(who, agentId))).toBe(code);
  });
});
