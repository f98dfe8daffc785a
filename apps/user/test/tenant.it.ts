import path from 'node:path';
import { sessionRefresh } from '@scrm/contracts';
import { eventually, runProgram } from '@scrm/testing';
import { agent, demo, refused, startUserStack, stranger, type UserStack } from './stack';

const CLI = path.join(__dirname, '../dist/tenants.cli.js');

let stack: UserStack;
beforeAll(async () => {
  stack = await startUserStack();
});
afterAll(() => stack.close());

const run = (args: string[], env: NodeJS.ProcessEnv = {}) => {
  const { RABBITMQ_URL, BROKER_NAMESPACE } = stack.config;
  return runProgram(CLI, args, { DATABASE_URL: stack.databaseUrl, RABBITMQ_URL, BROKER_NAMESPACE, ...env });
};
const signIn: UserStack['signIn'] = (...who) => stack.signIn(...who);
const works = (of: string) => stack.works(of);

it('is created with an admin, who signs in with the password that is shown once', async () => {
  const { code, out } = await run(['create', 'Teh Melati', ' Owner@Teh.Example ']);
  expect(code).toBe(0);
  const made = JSON.parse(out) as { tenantId: string; email: string; password: string };
  expect(made.email).toBe('owner@teh.example');
  const { accessToken } = await signIn(made);
  await expect(works(accessToken)).resolves.toMatchObject({ items: [{ current: true }] });
  const taken = await run(['create', 'Another', 'owner@teh.example']);
  expect([taken.code, taken.out]).toEqual([1, '']);
  expect(taken.err).toMatch(/agent_email/);
  const listed = (await run(['list'])).out.trim().split('\n');
  expect(listed.map((line) => (JSON.parse(line) as { name: string }).name).sort()).toEqual(
    [demo.tenant.name, stranger.tenant.name, 'Teh Melati'].sort(),
  );
});

it('is suspended: its people are out, at once and everywhere, and others are not', async () => {
  const [mine, theirs] = [await signIn(agent), await signIn(stranger.agents[0]!)];
  await expect(run(['suspend', demo.tenant.id])).resolves.toMatchObject({ code: 0 });
  const began = performance.now();
  await eventually(() => expect(works(mine.accessToken)).rejects.toMatchObject(refused));
  expect(performance.now() - began).toBeLessThan(2_000);
  await expect(signIn(agent)).rejects.toMatchObject({ code: 'invalid_credentials' });
  await expect(works(theirs.accessToken)).resolves.toHaveProperty('items');
  expect((await run(['suspend', demo.tenant.id])).code).toBe(1);
  await expect(run(['resume', demo.tenant.id])).resolves.toMatchObject({ code: 0 });
  await expect(works((await signIn(agent)).accessToken)).resolves.toHaveProperty('items');
  const old = stack.rpc.call(sessionRefresh, { refreshToken: mine.refreshToken });
  await expect(old).resolves.toHaveProperty('accessToken');
});

it('is suspended without the broker, too: within seconds, by the list', async () => {
  const { accessToken } = await signIn(stranger.agents[0]!);
  await run(['suspend', stranger.tenant.id], { RABBITMQ_URL: '' });
  await eventually(() => expect(works(accessToken)).rejects.toMatchObject(refused), { within: 15_000 });
});

it.each([
  ['nothing to do', [], {}, 2, /usage/],
  ['a word it does not know', ['delete', demo.tenant.id], {}, 2, /usage/],
  ['a name without an email', ['create', 'Teh Melati'], {}, 2, /usage/],
  ['no database', ['list'], { DATABASE_URL: '' }, 78, /DATABASE_URL/],
  ['a name that is none', ['create', ' ', 'a@b.example'], {}, 2, /no name/],
  ['an email that is none', ['create', 'Teh', 'a'], {}, 2, /no email/],
  ['a tenant that is not there', ['suspend', '01980000-0000-7000-8000-00000000dead'], {}, 1, /no tenant/],
  ['an id that is none', ['suspend', 'demo'], {}, 1, /uuid/],
])('is left alone, with a word on it, by %s', async (_, args, env, code, says) => {
  const outcome = await run(args, env);
  expect(outcome.code).toBe(code);
  expect(outcome.err).toMatch(says);
});
