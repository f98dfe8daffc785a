import { Controller, Module } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  conversationAssign,
  conversationGet,
  conversationList,
  conversationRead,
  messageSend,
  streamHeads,
  streamRead,
  type RpcContract,
} from '@scrm/contracts';
import {
  AppError,
  currentTrace,
  newTrace,
  startService,
  TokenVerifier,
  withTrace,
  type RunningService,
} from '@scrm/platform';
import { eventually, TestIdentity } from '@scrm/testing';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { KeptChannel } from '../src/kept-channel';
import { FromCaller, MessagingModule, OnRpc, serveRpc, type Caller } from '../src';
import { blockedFrame, Stage, UNBLOCKED_FRAME, type Pod } from './harness';

const TENANT = randomUUID();
/** The real contracts' keys, with answers that are short to write down. */
const short = (contract: { key: string }, request: z.ZodType = z.looseObject({})) =>
  ({ kind: 'rpc', key: contract.key, request, response: z.unknown() }) satisfies RpcContract<
    z.ZodType,
    z.ZodType
  >;

const echo = short(streamHeads);
const paged = short(streamRead, z.object({ limit: z.number().int().max(100).default(30) }));
const asCaller = short(conversationGet);
const onlyAdmins = short(conversationRead);
const signedIn = short(conversationList);
const failing = short(messageSend);
const slow = short(conversationAssign);

let asked: unknown[] = [];
let finish: () => void = () => undefined;

@Controller()
class Answers {
  @OnRpc(echo, 'public')
  echo(@Payload() question: object) {
    asked.push(question);
    return { question, traceId: currentTrace()?.traceId };
  }
  @OnRpc(paged, 'service')
  paged(@Payload() question: object) {
    return question;
  }
  @OnRpc(asCaller, 'conversation.read')
  asCaller(@FromCaller() { principal, scope }: Caller) {
    return { tenantId: principal.tenantId, scope };
  }
  @OnRpc(onlyAdmins, 'webhook-delivery.replay')
  onlyAdmins(@FromCaller() { scope }: Caller) {
    asked.push('only-admins');
    return { scope };
  }
  @OnRpc(signedIn, 'signed-in')
  signedIn(@FromCaller() { principal }: Caller) {
    return { role: principal.role };
  }
  @OnRpc(failing, 'public')
  failing(@Payload() { how }: { how: string }) {
    if (how === 'planned')
      throw new AppError('too_many_requests', 'Slow down.', [{ path: 'a', message: 'b' }], 7);
    throw new Error('password=hunter2');
  }
  @OnRpc(slow, 'public')
  async slow() {
    asked.push('slow');
    await new Promise<void>((resolve) => (finish = resolve));
    return { done: true };
  }
}

describe('a question to another service', () => {
  let identity: TestIdentity;
  let stage: Stage;
  let client: Pod;

  beforeAll(async () => {
    identity = await TestIdentity.start();
  });
  afterAll(() => identity.stop());
  beforeEach(async () => {
    asked = [];
    stage = await Stage.open();
    client = await stage.pod();
    await eventually(async () => expect((await client.health.readiness()).ready).toBe(true));
  });
  afterEach(() => stage.close());

  async function serve(url = stage.broker.url): Promise<RunningService> {
    const messaging = { url, service: 'waba', names: stage.broker.names };
    const tokens = new TokenVerifier({ jwksUrl: identity.jwksUrl, issuer: 'scrm', audience: 'scrm' });
    @Module({
      imports: [MessagingModule.forRoot(messaging)],
      controllers: [Answers],
      providers: [{ provide: TokenVerifier, useValue: tokens }],
    })
    class Root {}
    const service = await startService({
      name: 'waba',
      config: { NODE_ENV: 'test', HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'silent' },
      module: Root,
      configure: (app, logger) => serveRpc(app, messaging, logger),
    });
    stage.later(() => service.stop());
    await isReady(service);
    return service;
  }
  const readiness = async (service: RunningService) => (await fetch(`${service.url}/health/ready`)).status;
  const isReady = (service: RunningService) =>
    eventually(async () => expect(await readiness(service)).toBe(200));
  const ask = (contract: RpcContract<z.ZodType, z.ZodType>, request: object = {}, options = {}) =>
    client.rpc.call(contract, request, options);
  const token = (role: 'admin' | 'leader' | 'agent') => identity.token({ tenantId: TENANT, role });

  it('is answered, in the trace of the one who asks', async () => {
    await serve();
    const trace = newTrace();
    await expect(withTrace(trace, () => ask(echo, { a: 1 }))).resolves.toEqual({
      question: { a: 1 },
      traceId: trace.traceId,
    });
  });

  it('reaches the handler as the contract reads it', async () => {
    await serve();
    await expect(ask(paged, { more: 'unknown' })).resolves.toEqual({ limit: 30 });
  });

  it('is refused where it does not fit the contract, field by field', async () => {
    await serve();
    const errors = [expect.objectContaining({ path: 'limit' })] as unknown[];
    await expect(ask(paged, { limit: 1_000 })).rejects.toMatchObject({ code: 'invalid_request', errors });
    await expect(ask(paged, { limit: 1_000 })).rejects.toBeInstanceOf(AppError);
  });

  it('carries the caller, and as far as their permission reaches', async () => {
    await serve();
    const scopes = (['admin', 'leader', 'agent'] as const).map((role) =>
      ask(asCaller, {}, { token: token(role) }),
    );
    await expect(Promise.all(scopes)).resolves.toEqual(
      ['all', 'team', 'own'].map((scope) => ({ tenantId: TENANT, scope })),
    );
    await expect(ask(signedIn, {}, { token: token('agent') })).resolves.toEqual({ role: 'agent' });
  });

  it('is refused to whoever may not ask it, before the handler', async () => {
    await serve();
    const rejected = { code: 'forbidden', status: 403 };
    await expect(ask(onlyAdmins, {}, { token: token('leader') })).rejects.toMatchObject(rejected);
    await expect(ask(onlyAdmins, {}, { token: token('agent') })).rejects.toMatchObject(rejected);
    expect(asked).toEqual([]);
    await expect(ask(onlyAdmins, {}, { token: token('admin') })).resolves.toEqual({ scope: 'all' });
  });

  it('is refused without a token, and with one that is not ours', async () => {
    await serve();
    const rejected = { code: 'unauthenticated', status: 401 };
    const forged = `${token('admin').slice(0, -4)}AAAA`;
    for (const options of [{}, { token: 'x' }, { token: forged }])
      await expect(ask(asCaller, {}, options)).rejects.toMatchObject(rejected);
    await expect(ask(signedIn)).rejects.toMatchObject(rejected);
  });

  it('fails as the other service said it: code, text, fields, and when to come back', async () => {
    await serve();
    await expect(ask(failing, { how: 'planned' })).rejects.toMatchObject({
      code: 'too_many_requests',
      message: 'Slow down.',
      errors: [{ path: 'a', message: 'b' }],
      retryAfter: 7,
    });
  });

  it('fails without a word of what nobody planned', async () => {
    await serve();
    const failure = await ask(failing, { how: 'unplanned' }).catch((error: AppError) => error);
    expect(failure).toMatchObject({ code: 'internal', message: 'Something went wrong on our side' });
  });

  it('expires with the patience of the caller: nobody answers it later', async () => {
    await (await serve()).stop();
    await expect(ask(echo, { n: 1 }, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'timeout',
      status: 504,
    });
    await serve();
    await ask(echo, { n: 2 });
    expect(asked).toEqual([{ n: 2 }]);
  });

  it('is given up when the answer takes too long', async () => {
    await serve();
    await expect(ask(slow, {}, { timeoutMs: 150 })).rejects.toMatchObject({ code: 'timeout' });
    finish();
    await expect(ask(echo, { n: 1 })).resolves.toMatchObject({ question: { n: 1 } });
  });

  it('in hand is answered though the service is told to stop; later ones go to another', async () => {
    const first = await serve();
    const inHand = ask(slow);
    await eventually(() => expect(asked).toEqual(['slow']));
    const stopped = first.stop();
    await eventually(async () => expect(await readiness(first)).toBe(503));
    const later = ask(echo, { n: 1 });
    await serve();
    await expect(later).resolves.toMatchObject({ question: { n: 1 } });
    finish();
    await expect(inHand).resolves.toEqual({ done: true });
    await stopped;
    // By the first one: handed to another it would have been done twice.
    expect(asked).toEqual(['slow', { n: 1 }]);
  });

  it('is answered again after the service lost its connection', async () => {
    const service = await serve(stage.network.url);
    stage.network.refuse();
    await eventually(async () => expect(await readiness(service)).toBe(503));
    stage.network.accept();
    await isReady(service);
    await expect(ask(echo, { n: 1 })).resolves.toMatchObject({ question: { n: 1 } });
  });

  it('is answered again after the broker ended the consumer alone', async () => {
    const service = await serve();
    await stage.admin.deleteQueue(stage.broker.names.rpcQueue('waba'));
    await eventually(async () => expect(await readiness(service)).toBe(503));
    await isReady(service);
    await expect(ask(echo, { n: 1 })).resolves.toMatchObject({ question: { n: 1 } });
  });

  it('fails at once where the service has never been there', async () => {
    await expect(ask(echo)).rejects.toMatchObject({ code: 'unavailable', status: 503, retryAfter: 1 });
  });

  it('fails with the connection, and is not asked again when that is back', async () => {
    await serve();
    const far = await stage.podBehindNetwork();
    await far.rpc.call(echo, { n: 1 });
    const inHand = far.rpc.call(slow, {}, { timeoutMs: 60_000 });
    inHand.catch(() => undefined);
    await eventually(() => expect(asked).toEqual([{ n: 1 }, 'slow']));
    stage.network.freeze();
    const swallowed = far.rpc.call(echo, { n: 2 }, { timeoutMs: 60_000 });
    swallowed.catch(() => undefined);
    stage.network.cut();
    for (const question of [inHand, swallowed]) {
      await expect(question).rejects.toMatchObject({ code: 'unavailable' });
    }
    await eventually(() => far.rpc.call(echo, { n: 3 }));
    expect(asked).toEqual([{ n: 1 }, 'slow', { n: 3 }]);
    finish();
  });

  it('fails at once while the broker takes nothing, and works when it does again', async () => {
    await serve();
    const far = await stage.podBehindNetwork();
    const askFar = () => far.rpc.call(echo, { n: 1 }, { timeoutMs: 60_000 });
    await askFar();
    stage.network.tell(blockedFrame('low on disk'));
    await eventually(() => expect(askFar()).rejects.toMatchObject({ code: 'unavailable', status: 503 }));
    stage.network.tell(UNBLOCKED_FRAME);
    await eventually(askFar);
  });

  it('is answered again after the channel of the one who asks was lost alone', async () => {
    await serve();
    await ask(echo, { n: 1 });
    const { kept } = client.rpc as unknown as { kept: KeptChannel };
    await kept.current!.close();
    await eventually(() => ask(echo, { n: 2 }));
  });

  it('is answered again on a new channel where the old one hangs, and on the old one where only the service does', async () => {
    await serve();
    await ask(echo, { n: 1 });
    const { kept } = client.rpc as unknown as { kept: KeptChannel };
    const first = kept.current!;
    await expect(ask(slow, {}, { timeoutMs: 2_500 })).rejects.toMatchObject({ code: 'timeout' });
    finish();
    expect(kept.current).toBe(first);
    first.publish = () => true;
    await expect(ask(echo, { n: 2 }, { timeoutMs: 2_500 })).rejects.toMatchObject({ code: 'timeout' });
    expect(kept.current).not.toBe(first);
    await eventually(() => ask(echo, { n: 3 }));
  });

  it('fails at once while the broker is away, and works when it is back', async () => {
    await serve();
    const far = await stage.podBehindNetwork();
    const askFar = () => far.rpc.call(echo, { n: 1 });
    await askFar();
    stage.network.refuse();
    await eventually(() => expect(askFar()).rejects.toMatchObject({ code: 'unavailable', status: 503 }));
    stage.network.accept();
    await eventually(askFar);
    expect(asked.length).toBeGreaterThanOrEqual(2);
  });
});
