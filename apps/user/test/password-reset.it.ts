import { agentCreate, passwordChange, passwordResetConfirm, passwordResetCreate } from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import { startMailServer, tokenIn, type TestMailServer } from './mail-server';
import {
  admin,
  agent,
  alter,
  demo,
  identityOwner,
  leader,
  startUserStack,
  stranger,
  type UserStack,
} from './stack';

let server: TestMailServer;
let stack: UserStack;
beforeAll(async () => {
  server = await startMailServer();
  stack = await startUserStack(server.settings);
});
afterAll(async () => {
  await stack.close();
  await server.stop();
});
beforeEach(async () => {
  await stack.query('DELETE FROM mail');
  await stack.query('DELETE FROM sign_in_attempt');
});

const RESET = 'Choose a new password';
const CHANGED = 'Your password was changed';
const mailsTo = (email: string, subject = RESET) =>
  server.mailsTo(email).filter((mail) => mail.subject === subject);
const ask = (email: string, ip = '203.0.113.7') => stack.rpc.call(passwordResetCreate, { email, ip });
/** All that was asked for is answered, and every mail is sent. */
const answered = () =>
  eventually(
    async () => {
      expect(await stack.query('SELECT 1 FROM password_reset_request')).toEqual([]);
      expect(await stack.query('SELECT 1 FROM mail WHERE next_attempt_at IS NOT NULL')).toEqual([]);
    },
    { within: 15_000 },
  );
/** The token of the mail that the agent gets. */
const tokenFor = async (email: string) => {
  const before = mailsTo(email).length;
  await ask(email);
  await eventually(() => Promise.resolve(expect(mailsTo(email)).toHaveLength(before + 1)));
  await answered();
  return tokenIn(mailsTo(email).at(-1)!);
};
const confirm = (token: string, password: string) =>
  stack.rpc.call(passwordResetConfirm, { token, password });
const signIn = (email: string, password: string) => stack.signIn({ email, password });
const over = { code: 'password_reset_over' };
let password = agent.password;
const PASSWORDS = [
  'kopi-susu-melati',
  'hujan-biru-di-warung',
  'payung-kuning-di-pasar',
  'perahu-kertas-di-sungai',
];
const next = () => PASSWORDS.shift()!;

it('gives a new password to whoever gets the mail, and ends what the old one began', async () => {
  const session = await signIn(agent.email, password);
  const told = await stack.hearRevocations();
  const token = await tokenFor(agent.email.toUpperCase().toLowerCase());
  expect(mailsTo(agent.email).at(-1)!.text).toContain(`https://console.test/reset-password#token=${token}\n`);
  const chosen = next();
  await expect(confirm(token, chosen)).resolves.toEqual({ email: agent.email });
  await expect(signIn(agent.email, password)).rejects.toMatchObject({ code: 'invalid_credentials' });
  password = chosen;
  await expect(signIn(agent.email, password)).resolves.toHaveProperty('accessToken');
  await eventually(() =>
    expect(stack.works(session.accessToken)).rejects.toMatchObject({ code: 'unauthenticated' }),
  );
  await eventually(() => Promise.resolve(expect(told).toMatchObject([{ kind: 'session' }])));
  await eventually(() => Promise.resolve(expect(mailsTo(agent.email, CHANGED)).toHaveLength(1)));
});

it('works once', async () => {
  const token = await tokenFor(agent.email);
  password = next();
  await confirm(token, password);
  await expect(confirm(token, 'another-good-password-here')).rejects.toMatchObject(over);
  await expect(signIn(agent.email, password)).resolves.toHaveProperty('accessToken');
});

it('works once, when two do it at the same moment', async () => {
  const token = await tokenFor(agent.email);
  const chosen = [next(), next()];
  const outcomes = await Promise.allSettled(chosen.map((each) => confirm(token, each)));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  password = chosen[outcomes.findIndex(({ status }) => status === 'fulfilled')]!;
  await expect(signIn(agent.email, password)).resolves.toHaveProperty('accessToken');
});

it('is over when it has expired, was replaced, was never given out, or the password was changed since', async () => {
  const replaced = await tokenFor(leader.email);
  const expired = await tokenFor(leader.email);
  await expect(confirm(replaced, 'kopi-susu-melati')).rejects.toMatchObject(over);
  await stack.query(`UPDATE password_reset SET expires_at = now() WHERE agent_id = '${leader.id}'`);
  await expect(confirm(expired, 'kopi-susu-melati')).rejects.toMatchObject(over);
  await expect(confirm('nonsense', 'kopi-susu-melati')).rejects.toMatchObject(over);
  const outrun = await tokenFor(leader.email);
  const { accessToken } = await signIn(leader.email, leader.password);
  const change = { currentPassword: leader.password, newPassword: 'jembatan-merah-senja' };
  await stack.rpc.call(passwordChange, change, { token: accessToken });
  await expect(confirm(outrun, 'kopi-susu-melati')).rejects.toMatchObject(over);
});

it('stays good where the password is weak', async () => {
  const token = await tokenFor(leader.email);
  await expect(confirm(token, 'password123')).rejects.toMatchObject({ code: 'weak_password' });
  await expect(confirm(token, 'lampu-jalan-kota-tua')).resolves.toHaveProperty('email');
});

describe('who has an account', () => {
  it('is not told: others hear the same, and get no mail', async () => {
    const out = demo.agents[3]!;
    const [suspended] = stranger.agents;
    const { accessToken } = await signIn(admin.email, admin.password);
    const invited = { name: 'Sari', email: 'sari@demo.test', role: 'agent' as const };
    await stack.rpc.call(agentCreate, invited, { token: accessToken });
    const inDatabase = (table: string, status: string, id: string) =>
      alter(stack.databaseUrl, table, `UPDATE ${table} SET status = '${status}' WHERE id = '${id}'`);
    await inDatabase('agent', 'deactivated', out.id);
    await inDatabase('tenant', 'suspended', stranger.tenant.id);
    const strangers = ['nobody@demo.test', out.email, suspended!.email, invited.email];
    const answers = await Promise.all([agent.email, ...strangers].map((email) => ask(email)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set(['{"validForMinutes":60}']),
    );
    await answered();
    await eventually(() => Promise.resolve(expect(mailsTo(agent.email).length).toBeGreaterThan(0)));
    expect(strangers.flatMap((email) => mailsTo(email))).toEqual([]);
    await inDatabase('agent', 'active', out.id);
    await inDatabase('tenant', 'active', stranger.tenant.id);
  });

  it('is not told by the time that it takes: nobody looks before the answer', async () => {
    const db = await identityOwner(stack.databaseUrl);
    const runner = db.createQueryRunner();
    await runner.startTransaction();
    await runner.query('LOCK TABLE agent IN ACCESS EXCLUSIVE MODE');
    for (const email of [agent.email, 'nobody@demo.test'])
      await expect(ask(email)).resolves.toEqual({ validForMinutes: 60 });
    await runner.rollbackTransaction();
    await runner.release();
    await db.destroy();
    await answered();
  });

  it('is not told by a link that was sent before they were out', async () => {
    const out = demo.agents[4]!;
    const token = await tokenFor(out.email);
    await alter(stack.databaseUrl, 'agent', `UPDATE agent SET status = 'deactivated' WHERE id = '${out.id}'`);
    await expect(confirm(token, 'kopi-susu-melati')).rejects.toMatchObject(over);
  });
});

it('gets nobody more than three mails in an hour, from however many addresses they are asked for', async () => {
  const before = mailsTo(agent.email).length;
  for (let n = 1; n <= 5; n++) {
    await ask(agent.email, `198.51.100.${n}`);
    await answered();
  }
  expect(mailsTo(agent.email)).toHaveLength(before + 3);
  // The link of the last mail stays good.
  await expect(confirm(tokenIn(mailsTo(agent.email).at(-1)!), 'password123')).rejects.toMatchObject({
    code: 'weak_password',
  });
});

it('is asked for five times from one address, then ever more slowly; signing in is not held up by it', async () => {
  for (const email of [agent.email, 'nobody@demo.test']) {
    for (let n = 0; n < 5; n++) await ask(email);
    await expect(ask(email)).rejects.toMatchObject({ code: 'too_many_requests', retryAfter: 1 });
  }
  await expect(ask(agent.email, '198.51.100.9')).resolves.toHaveProperty('validForMinutes');
  const device = { ip: '203.0.113.7' };
  await expect(stack.signIn({ email: agent.email, password }, device)).resolves.toHaveProperty('accessToken');
});

it('keeps no token', async () => {
  const token = await tokenFor(leader.email);
  const rows = await stack.query('SELECT p::text AS reset, m::text AS mail FROM password_reset p, mail m');
  expect(JSON.stringify(rows)).toContain(leader.id);
  expect(JSON.stringify(rows)).not.toContain(token);
  expect(JSON.stringify(rows)).not.toContain(Buffer.from(token).toString('hex'));
});

it('is not there where no mail server is set up', async () => {
  const silent = await startUserStack();
  const asked = silent.rpc.call(passwordResetCreate, { email: agent.email });
  await expect(asked).rejects.toMatchObject({ code: 'no_mail' });
  await silent.close();
});
