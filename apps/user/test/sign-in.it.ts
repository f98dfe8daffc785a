import { sessionCreate } from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import { agent, alter, leader, startUserStack, type UserStack } from './stack';

let stack: UserStack;
beforeAll(async () => {
  stack = await startUserStack();
});
afterAll(() => stack.close());
beforeEach(() => stack.query('DELETE FROM sign_in_attempt'));

const HOME = '203.0.113.7';
const THIEF = '198.51.100.9';
const signIn = (email: string, password: string, ip: string) =>
  stack.rpc.call(sessionCreate, { email, password, ip }, { timeoutMs: 30_000 });
const right = (ip: string) => signIn(agent.email, agent.password, ip);
const wrong = (ip: string, email = agent.email) => signIn(email, 'guess', ip);
const outcomeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'in',
    (error: { code: string; retryAfter?: number }) => `${error.code} ${error.retryAfter ?? ''}`.trim(),
  );
const pass = (seconds: number) =>
  stack.query(`UPDATE sign_in_attempt SET last_at = last_at - $1 * interval '1 second'`, [seconds]);

it('takes five wrong passwords, then makes each next one wait twice as long, the right one too', async () => {
  for (let n = 0; n < 5; n++) expect(await outcomeOf(wrong(THIEF))).toBe('invalid_credentials');
  for (const seconds of [1, 2, 4, 8]) {
    expect(await outcomeOf(wrong(THIEF))).toBe(`too_many_requests ${seconds}`);
    // Asking again and again does not make it longer.
    expect(await outcomeOf(right(THIEF))).toBe(`too_many_requests ${seconds}`);
    await pass(seconds);
    expect(await outcomeOf(wrong(THIEF))).toBe('invalid_credentials');
  }
  await pass(16);
  expect(await outcomeOf(right(THIEF))).toBe('in');
  expect(await outcomeOf(wrong(THIEF))).toBe('invalid_credentials');
});

it('waits a quarter of an hour at most, and then forgets', async () => {
  for (let n = 0; n < 5; n++) await outcomeOf(wrong(THIEF));
  await stack.query('UPDATE sign_in_attempt SET failures = 1000');
  expect(await outcomeOf(right(THIEF))).toBe('too_many_requests 900');
  await pass(901);
  for (let n = 0; n < 5; n++) expect(await outcomeOf(wrong(THIEF))).toBe('invalid_credentials');
});

it('lets the owner in while somebody guesses a thousand times, a hundred of them at once', async () => {
  const burst = Array.from({ length: 100 }, () => outcomeOf(wrong(THIEF)));
  expect(await outcomeOf(right(HOME))).toBe('in');
  const outcomes = await Promise.all(burst);
  const guessOn = async () => {
    for (let n = 0; n < 90; n++) outcomes.push(await outcomeOf(wrong(THIEF)));
  };
  const others = Array.from({ length: 10 }, guessOn);
  expect(await outcomeOf(right(HOME))).toBe('in');
  await Promise.all(others);
  expect(outcomes).toHaveLength(1_000);
  const tried = outcomes.filter((outcome) => outcome === 'invalid_credentials').length;
  expect(tried).toBeGreaterThanOrEqual(5);
  // While the seconds pass there is one try more, then another.
  expect(tried).toBeLessThanOrEqual(10);
  expect(outcomes.filter((outcome) => outcome.startsWith('too_many_requests'))).toHaveLength(1_000 - tried);
  expect(await outcomeOf(right(HOME))).toBe('in');
}, 60_000);

it('says the same of an account that does not exist', async () => {
  for (const email of ['nobody\0@demo.test', 'nobody\ud800@demo.test'])
    expect(await outcomeOf(wrong(HOME, email))).toBe('invalid_credentials');
  for (let n = 0; n < 5; n++)
    expect(await outcomeOf(wrong(THIEF, 'nobody@demo.test'))).toBe('invalid_credentials');
  expect(await outcomeOf(wrong(THIEF, 'nobody@demo.test'))).toBe('too_many_requests 1');
});

it('holds nothing against other accounts at the same address, whatever the case of the email', async () => {
  for (let n = 0; n < 5; n++) await outcomeOf(wrong(HOME, agent.email.toUpperCase()));
  expect(await outcomeOf(right(HOME))).toBe('too_many_requests 1');
  expect(await outcomeOf(signIn(leader.email, leader.password, HOME))).toBe('in');
});

it('does not count a deactivated agent’s right password as right', async () => {
  const set = (status: string) =>
    alter(stack.databaseUrl, 'agent', `UPDATE agent SET status = '${status}' WHERE id = '${agent.id}'`);
  await set('deactivated');
  for (let n = 0; n < 5; n++) expect(await outcomeOf(right(HOME))).toBe('invalid_credentials');
  expect(await outcomeOf(right(HOME))).toBe('too_many_requests 1');
  await set('active');
});

it('keeps no email', async () => {
  await outcomeOf(wrong(THIEF));
  const rows = await stack.query<{ row: string }>(
    `SELECT encode(account, 'escape') || address AS row FROM sign_in_attempt`,
  );
  await eventually(() => expect(rows).toHaveLength(1));
  expect(rows[0]!.row).not.toContain('demo.test');
});
