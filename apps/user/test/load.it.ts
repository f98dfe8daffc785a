import { brokerNames, sessionCreate } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { Drain, startService } from '@scrm/platform';
import { eventually, testBroker } from '@scrm/testing';
import { connect } from 'amqplib';
import { userService } from '../src/service';
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

it('goes on answering after its queue was deleted under it', async () => {
  const connection = await connect(stack.config.RABBITMQ_URL);
  const channel = await connection.createChannel();
  await channel.deleteQueue(brokerNames(stack.config.BROKER_NAMESPACE).rpcQueue('user'));
  await connection.close();
  await eventually(() =>
    stack.rpc.call(sessionCreate, { email: 'x', password: 'x' }, { timeoutMs: 500 }).catch(expectRefusal),
  );
});

it('says that it is unavailable while the database is away', async () => {
  const { url, namespace, names, clear } = testBroker();
  const config = {
    ...stack.config,
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    BROKER_NAMESPACE: namespace,
  };
  const service = await startService(userService(config));
  const drain = new Drain();
  const rpc = new RpcClient({ url, service: 'test', names }, drain, service.logger);
  await eventually(async () => {
    const { checks } = (await (await fetch(`${service.url}/health/ready`)).json()) as {
      checks: Record<string, string>;
    };
    expect(checks).toMatchObject({ rpc: 'ok', database: 'not connected' });
  });
  const attempt = rpc.call(sessionCreate, { email: agent.email, password: agent.password });
  await expect(attempt).rejects.toMatchObject({ code: 'unavailable' });
  await drain.run(service.logger);
  await service.stop();
  await clear();
});

function expectRefusal(error: unknown) {
  expect(error).toMatchObject({ code: 'invalid_credentials' });
}
