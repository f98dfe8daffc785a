import { createServer, type AddressInfo } from 'node:net';
import { agentCreate, agentInvite, invitationAccept, passwordChange } from '@scrm/contracts';
import { startService } from '@scrm/platform';
import { eventually } from '@scrm/testing';
import { MailRepository } from '../src/mail/mail.repository';
import { userService } from '../src/service';
import { startMailServer, tokenIn, type TestMailServer } from './mail-server';
import { admin, agent, alter, demo, startUserStack, type UserStack } from './stack';

let server: TestMailServer;
let stack: UserStack;
let token: string;
beforeAll(async () => {
  server = await startMailServer();
  stack = await startUserStack(server.settings);
  token = (await stack.signIn(admin)).accessToken;
});
afterAll(async () => {
  await stack.close();
  await server.stop();
});

let unique = 0;
const someone = () => `new${++unique}@demo.test`;
const invite = (email: string, name = 'Sari Wulan', rpc = stack.rpc) =>
  rpc.call(agentCreate, { name, email, role: 'agent' }, { token });
const renew = (agentId: string) => stack.rpc.call(agentInvite, { agentId }, { token });
const arrives = (email: string, count = 1) =>
  eventually(() => {
    expect(server.mailsTo(email)).toHaveLength(count);
    return Promise.resolve(server.mailsTo(email).at(-1)!);
  });
/** Nothing is left to send; what was sent is forgotten. */
const settled = () =>
  eventually(async () =>
    expect(
      await stack.query('SELECT 1 FROM mail WHERE next_attempt_at IS NOT NULL OR letter IS NOT NULL'),
    ).toEqual([]),
  );
/** As if the wait for the next attempt were over. */
const tryNow = () => stack.query('UPDATE mail SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL');
/** And it failed: who has only claimed it has it for longer. */
const triedOnce = () =>
  eventually(async () => {
    const sql = `SELECT 1 FROM mail WHERE attempts = 1 AND next_attempt_at - now() BETWEEN '0 s' AND '5 s'`;
    expect(await stack.query(sql)).toHaveLength(1);
  });

it('brings an invitation with a link that works, and forgets what it said', async () => {
  const email = someone();
  const made = await invite(email);
  expect(made.mailed).toBe(true);
  const mail = await arrives(email);
  expect(mail).toMatchObject({
    subject: `You are invited to ${demo.tenant.name}`,
    from: { name: 'WABA SCRM', address: 'no-reply@scrm.test' },
  });
  expect(mail.text).toContain(`https://console.test/accept-invitation#token=${made.token}\n`);
  expect(mail.html).toContain(`href="https://console.test/accept-invitation#token=${made.token}"`);
  expect(mail.headers).toContainEqual(
    expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
  );
  await settled();
  const accepted = { token: tokenIn(mail), password: 'kopi-susu-melati' };
  await expect(stack.rpc.call(invitationAccept, accepted)).resolves.toEqual({ email });
});

it('tells the owner that the password was changed', async () => {
  const { accessToken } = await stack.signIn(agent);
  const change = { currentPassword: agent.password, newPassword: 'payung-kuning-di-pasar' };
  await stack.rpc.call(passwordChange, change, { token: accessToken });
  expect((await arrives(agent.email)).subject).toBe('Your password was changed');
});

it('comes once the mail server is back, and once only', async () => {
  const email = someone();
  await server.stop();
  expect((await invite(email)).mailed).toBe(true);
  await triedOnce();
  await server.start();
  await tryNow();
  await arrives(email);
  await settled();
  expect(server.mailsTo(email)).toHaveLength(1);
});

it('does not wait for a mail server that says nothing', async () => {
  const email = someone();
  await server.stop();
  const silent = createServer();
  const { port } = new URL(server.settings.SMTP_URL!);
  await new Promise<void>((resolve) => silent.listen(Number(port), '127.0.0.1', resolve));
  expect((silent.address() as AddressInfo).port).toBe(Number(port));
  await invite(email);
  await triedOnce();
  await new Promise((resolve) => silent.close(resolve));
  await server.start();
  await tryNow();
  await arrives(email);
});

it('is tried again where the server says later, and is over where it says never', async () => {
  const [later, never] = [someone(), someone()];
  server.refuse(450);
  await invite(later);
  await triedOnce();
  server.refuse(null);
  await tryNow();
  await arrives(later);
  server.refuse(550);
  await invite(never);
  await settled();
  server.refuse(null);
  expect(server.mailsTo(never)).toEqual([]);
});

it('is given up when it is of no use any more', async () => {
  const email = someone();
  server.refuse(450);
  await invite(email);
  await triedOnce();
  await stack.query(`UPDATE mail SET expires_at = now() WHERE next_attempt_at IS NOT NULL`);
  await tryNow();
  await expect(stack.app.get(MailRepository).giveUp()).resolves.toEqual(['invitation']);
  server.refuse(null);
  await settled();
  expect(server.mailsTo(email)).toEqual([]);
});

it('is sent by one pod, where there are two', async () => {
  const pod = await startService(userService(stack.config));
  const [first, second] = [someone(), someone()];
  const { held, release } = server.hold();
  await invite(first);
  await eventually(() => Promise.resolve(expect(held).toEqual([first])));
  // The pod that has it is busy; the other one passes over it, to the next.
  await invite(second);
  await eventually(() => Promise.resolve(expect(held).toHaveLength(2)));
  expect(held).toEqual([first, second]);
  release();
  const emails = [first, second, ...Array.from({ length: 20 }, someone)];
  await Promise.all(emails.slice(2).map((email) => invite(email)));
  await Promise.all(emails.map((email) => arrives(email)));
  await settled();
  await pod.stop();
  expect(emails.flatMap((email) => server.mailsTo(email))).toHaveLength(emails.length);
});

it('comes once, where the database is away for a moment after it was sent', async () => {
  const away = Object.assign(new Error('away'), { code: '57P01' });
  const settle = jest.spyOn(stack.app.get(MailRepository), 'settle');
  settle.mockRejectedValueOnce(away).mockRejectedValueOnce(away);
  const email = someone();
  await invite(email);
  await settled();
  expect(settle).toHaveBeenCalledTimes(3);
  settle.mockRestore();
  expect(server.mailsTo(email)).toHaveLength(1);
});

it('is claimed one at a time, where the planner takes the table for empty, too', async () => {
  await alter(stack.databaseUrl, 'mail', 'DELETE FROM mail; ANALYZE mail');
  const emails = Array.from({ length: 5 }, someone);
  const { held, release } = server.hold();
  await Promise.all(emails.map((email) => invite(email)));
  await eventually(() => Promise.resolve(expect(held).toHaveLength(1)));
  await expect(stack.query('SELECT 1 FROM mail WHERE attempts > 0')).resolves.toHaveLength(1);
  release();
  await Promise.all(emails.map((email) => arrives(email)));
  await settled();
});

it('floods nobody: the fourth in an hour is not sent, and its link is handed over as before', async () => {
  const email = someone();
  const { agentId } = await invite(email);
  for (const count of [1, 2]) {
    await arrives(email, count);
    await expect(renew(agentId)).resolves.toMatchObject({ mailed: true });
  }
  await arrives(email, 3);
  const { token: last, mailed } = await renew(agentId);
  expect(mailed).toBe(false);
  await settled();
  expect(server.mailsTo(email)).toHaveLength(3);
  await stack.query(`UPDATE mail SET counted_since = now() - interval '1 hour' WHERE address = '${email}'`);
  expect((await renew(agentId)).mailed).toBe(true);
  await arrives(email, 4);
  await expect(
    stack.rpc.call(invitationAccept, { token: last, password: 'kopi-susu-melati' }),
  ).rejects.toMatchObject({ code: 'invitation_over' });
});

it('has no header but its own, whatever somebody is called', async () => {
  const email = someone();
  const { agentId } = await invite(email);
  await arrives(email);
  const evil = `E'Sari\\r\\nBcc: thief@evil.test\\r\\n\\r\\n<b>x</b>'`;
  await alter(stack.databaseUrl, 'tenant', `UPDATE tenant SET name = ${evil} WHERE id = '${demo.tenant.id}'`);
  await alter(stack.databaseUrl, 'agent', `UPDATE agent SET name = ${evil} WHERE id = '${agentId}'`);
  await renew(agentId);
  const mail = await arrives(email, 2);
  expect(mail.recipients).toEqual([email]);
  expect(mail.headers.map(({ key }) => key)).not.toContain('bcc');
  expect(mail.subject).toBe('You are invited to Sari Bcc: thief@evil.test <b>x</b>');
  expect(mail.to).toMatchObject([{ address: email, name: 'Sari Bcc: thief@evil.test <b>x</b>' }]);
  expect(mail.html).toContain('&lt;b&gt;x&lt;/b&gt;');
  expect(mail.html).not.toContain('<b>');
});

describe('where no mail server is set up', () => {
  it('hands over the link, and says that nothing was sent', async () => {
    const silent = await startUserStack();
    const { accessToken } = await silent.signIn(admin);
    const made = await silent.rpc.call(
      agentCreate,
      { name: 'Sari', email: 'sari@demo.test', role: 'agent' },
      { token: accessToken },
    );
    expect(made).toMatchObject({ mailed: false, token: expect.any(String) as string });
    await silent.close();
  });
});
