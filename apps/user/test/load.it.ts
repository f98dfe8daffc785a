import { sessionCreate } from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import { agent, asRole, identityOwner, startUserStack, SYSTEM_ROLE, type UserStack } from './stack';

let stack: UserStack;
beforeEach(async () => {
  stack = await startUserStack();
});
afterEach(() => stack.close());

const signIn = () => stack.rpc.call(sessionCreate, { email: agent.email, password: agent.password });

it('answers a flood of sign-ins with some tokens and, at once, too_many_requests', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 60 }, signIn));
  const refused = outcomes.filter((o) => o.status === 'rejected').map((o) => o.reason as unknown);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThan(60);
  for (const reason of refused) expect(reason).toMatchObject({ code: 'too_many_requests', retryAfter: 1 });
  await expect(signIn()).resolves.toHaveProperty('accessToken');
});

it('answers what is in hand when it is asked to stop, and takes nothing more', async () => {
  const owner = await identityOwner(stack.databaseUrl);
  const holder = owner.createQueryRunner();
  await holder.startTransaction();
  await holder.query('LOCK TABLE session IN ACCESS EXCLUSIVE MODE');

  const inHand = signIn();
  await eventually(() =>
    asRole(stack.databaseUrl, SYSTEM_ROLE, async (db) => {
      const waiting = await db.query<unknown[]>(
        `SELECT 1 FROM pg_locks WHERE relation = 'identity.session'::regclass AND NOT granted`,
      );
      if (waiting.length === 0) throw new Error('the sign-in does not wait yet');
    }),
  );
  const stopped = stack.stop();
  await eventually(async () => {
    const { status } = await fetch(`${stack.url}/health/ready`);
    if (status !== 503) throw new Error('still ready');
  });
  const tooLate = stack.rpc.call(sessionCreate, { email: 'nobody', password: '' }, { timeoutMs: 300 });
  await expect(tooLate).rejects.toMatchObject({ code: 'timeout' });
  await holder.rollbackTransaction();
  await holder.release();
  await owner.destroy();

  await expect(inHand).resolves.toHaveProperty('accessToken');
  await stopped;
});
