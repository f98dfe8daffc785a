import { accessRevoked, type Revocation } from '@scrm/contracts';
import { startService, type RunningService } from '@scrm/platform';
import { eventually, TcpProxy } from '@scrm/testing';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { wsService } from '../src/service';
import { principal } from './model/fixtures';
import { WsStack } from './support/ws-stack';

describe('a socket whose token ended before its time', () => {
  let stack: WsStack;
  let pod: RunningService;
  let connection: ChannelModel;
  let channel: Channel;
  let agents = 500;

  beforeAll(async () => {
    stack = await WsStack.start();
    pod = await stack.pod();
    connection = await connect(stack.broker.url);
    channel = await connection.createChannel();
  });
  afterEach(() => stack.endSockets());
  afterAll(async () => {
    await connection.close();
    await stack.stop();
  });

  const someone = () => principal('agent', ++agents, [1]);
  const say = (revocation: Revocation) =>
    channel.publish(
      stack.broker.names.exchange.events,
      accessRevoked.key,
      Buffer.from(JSON.stringify({ revocations: [revocation] })),
    );

  it.each<[string, (me: ReturnType<typeof someone>) => Revocation]>([
    ['an agent’s rights changed', ({ agentId: id }) => ({ kind: 'agent', id, version: 2 })],
    ['a session ended', ({ sessionId: id }) => ({ kind: 'session', id })],
  ])('is closed at once where %s, and no other socket is', async (_, revocationOf) => {
    const [me, other] = [someone(), someone()];
    const [mine, theirs] = [await stack.signIn(pod, me), await stack.signIn(pod, other)];
    const began = performance.now();
    say(revocationOf(me));
    await mine.closedWith(4401);
    expect(performance.now() - began).toBeLessThan(2_000);
    theirs.say({ type: 'ping' });
    await theirs.heard('pong');
    // The same token is refused from now on, and a new one is not.
    const again = await stack.open(pod);
    again.auth(stack.tokens.token(me));
    await again.closedWith(4401);
    await stack.signIn(pod, { ...me, sessionId: other.sessionId, agentVersion: 2 });
  });

  it('is closed by the list while the broker is away', async () => {
    const network = await TcpProxy.to(stack.broker.url);
    const cutOff = await stack.pod({ RABBITMQ_URL: network.url });
    const me = someone();
    const socket = await stack.signIn(cutOff, me);
    network.refuse();
    await eventually(async () => expect((await fetch(`${cutOff.url}/health/ready`)).status).toBe(503));
    stack.tokens.revocations.push({ kind: 'agent', id: me.agentId, version: 2 });
    const began = performance.now();
    await socket.closedWith(4401, 20_000);
    expect(performance.now() - began).toBeLessThan(20_000);
    await cutOff.stop();
    await network.close();
  });

  it('is not let in by a pod that does not know yet, and that pod is not ready', async () => {
    const unknowing = await startService(
      wsService({ ...stack.config(), JWKS_URL: 'http://127.0.0.1:1/jwks.json' }),
    );
    await eventually(async () => {
      const response = await fetch(`${unknowing.url}/health/ready`);
      const { checks } = (await response.json()) as { checks: Record<string, string> };
      expect([response.status, checks]).toEqual([503, expect.objectContaining({ broker: 'ok' })]);
      expect(checks.revocations).toBe('not read yet');
    });
    await unknowing.stop();
  });

  it('is closed with all of its business, where that is suspended', async () => {
    const [me, colleague] = [someone(), someone()];
    const sockets = [await stack.signIn(pod, me), await stack.signIn(pod, colleague)];
    say({ kind: 'tenant', id: me.tenantId, version: 2 });
    await Promise.all(sockets.map((socket) => socket.closedWith(4401)));
  });
});
