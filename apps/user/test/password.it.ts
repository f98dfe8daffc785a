import { passwordChange } from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import jwt from 'jsonwebtoken';
import {
  agent,
  asRole,
  demo,
  identityOwner,
  leader,
  startUserStack,
  SYSTEM_ROLE,
  type UserStack,
} from './stack';

let stack: UserStack;
beforeAll(async () => {
  stack = await startUserStack();
});
afterAll(() => stack.close());

const signIn = (password: string, email = agent.email) => stack.signIn({ email, password });
const change = (token: string, currentPassword: string, newPassword: string) =>
  stack.rpc.call(passwordChange, { currentPassword, newPassword, ip: '203.0.113.7' }, { token });
const works = (token: string) => stack.works(token);
const NEW = 'kopi-susu-melati';
const hashOf = (id: string) => stack.query('SELECT password_hash FROM agent WHERE id = $1', [id]);
/** The system role's, and not committed yet, until somebody waits for it. */
const untilSomebodyWaits = async (sql: string, id: string, work: () => unknown) => {
  const db = await identityOwner(stack.databaseUrl);
  const runner = db.createQueryRunner();
  await runner.startTransaction();
  await runner.query(`SET LOCAL ROLE ${SYSTEM_ROLE}`);
  await runner.query(sql, [id]);
  work();
  await eventually(() =>
    asRole(stack.databaseUrl, SYSTEM_ROLE, async (other) => {
      const waiting = await other.query<unknown[]>('SELECT 1 FROM pg_locks WHERE NOT granted');
      expect(waiting).not.toEqual([]);
    }),
  );
  return async () => {
    await runner.commitTransaction();
    await runner.release();
    await db.destroy();
  };
};

it('is changed by its owner, who stays here and is signed out everywhere else', async () => {
  const [here, elsewhere] = [await signIn(agent.password), await signIn(agent.password)];
  await expect(change(here.accessToken, agent.password, NEW)).resolves.toEqual({ revoked: 1 });
  await eventually(() =>
    expect(works(elsewhere.accessToken)).rejects.toMatchObject({ code: 'unauthenticated' }),
  );
  await expect(works(here.accessToken)).resolves.toHaveProperty('items');
  await expect(signIn(agent.password)).rejects.toMatchObject({ code: 'invalid_credentials' });
  await expect(signIn(NEW)).resolves.toHaveProperty('accessToken');
});

it.each([
  ['is too short', 'Xk9#mQ2!z', /at least 10/],
  ['has leaked', 'password123', /easy to guess/],
  ['is the owner’s name', leader.name.toLowerCase().replace(' ', ''), /easy to guess|at least/],
  ['is the one before', leader.password, /current one/],
])('is not changed to one that %s', async (_, password, why) => {
  const { accessToken } = await signIn(leader.password, leader.email);
  await expect(change(accessToken, leader.password, password)).rejects.toMatchObject({
    code: 'weak_password',
    message: expect.stringMatching(why) as string,
  });
  await expect(signIn(leader.password, leader.email)).resolves.toHaveProperty('accessToken');
});

it('is not guessed by whoever finds an open screen', async () => {
  const { accessToken } = await signIn(leader.password, leader.email);
  for (let n = 0; n < 5; n++)
    await expect(change(accessToken, 'guess', NEW)).rejects.toMatchObject({ code: 'invalid_credentials' });
  await expect(change(accessToken, leader.password, NEW)).rejects.toMatchObject({
    code: 'too_many_requests',
    retryAfter: 1,
  });
});

it('is changed once, when two do it at the same moment', async () => {
  const { accessToken } = await signIn(NEW);
  const outcomes = await Promise.allSettled([
    change(accessToken, NEW, 'hujan-biru-di-warung'),
    change(accessToken, NEW, 'payung-kuning-di-pasar'),
  ]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

it('lets nobody in by the old one, though it was looked at before it was changed', async () => {
  let late!: Promise<unknown>;
  const commit = await untilSomebodyWaits(
    `UPDATE agent SET password_hash = password_hash || 'x' WHERE id = $1`,
    leader.id,
    () => {
      late = signIn(leader.password, leader.email);
      late.catch(() => undefined);
    },
  );
  await commit();
  await expect(late).rejects.toMatchObject({ code: 'invalid_credentials' });
});

it('is changed with the others signed out, or not at all', async () => {
  const owner = demo.agents[3]!;
  const [here, elsewhere] = [await stack.signIn(owner), await stack.signIn(owner)];
  const { sid } = jwt.decode(elsewhere.accessToken) as { sid: string };
  const before = await hashOf(owner.id);
  let changing!: Promise<unknown>;
  const commit = await untilSomebodyWaits('SELECT 1 FROM session WHERE id = $1 FOR UPDATE', sid, () => {
    changing = change(here.accessToken, owner.password, NEW);
    changing.catch(() => undefined);
  });
  await expect(hashOf(owner.id)).resolves.toEqual(before);
  await commit();
  await expect(changing).resolves.toEqual({ revoked: 1 });
});
