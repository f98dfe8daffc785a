import { presenceChanged, presenceReport, type RpcRequest } from '@scrm/contracts';
import { rpcServer } from '@scrm/messaging';
import type { RunningService } from '@scrm/platform';
import { eventually, FakeService, TcpProxy } from '@scrm/testing';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { id, principal } from './model/fixtures';
import type { TestSocket } from './support/test-socket';
import { WsStack } from './support/ws-stack';

type Report = RpcRequest<typeof presenceReport>;

let stack: WsStack;
let user: FakeService;
let connection: ChannelModel;
let channel: Channel;
let reports: Report[] = [];
let agents = 700;

const hear = () =>
  user.on(presenceReport, (report) => {
    reports.push(report);
    return {};
  });

beforeAll(async () => {
  stack = await WsStack.start();
  const { url, names } = stack.broker;
  user = await FakeService.start(rpcServer({ url, names, service: 'user' }));
  hear();
  connection = await connect(url);
  channel = await connection.createChannel();
});
afterEach(() => stack.endSockets());
afterAll(async () => {
  await connection.close();
  await stack.stop();
  await user.stop();
});
beforeEach(() => (reports = []));

const someone = (tenantId = id('t', 1)) => principal('agent', ++agents, [1], tenantId);
const tell = (tenantId: string, agentId: string) =>
  channel.publish(
    stack.broker.names.exchange.events,
    presenceChanged.key,
    Buffer.from(JSON.stringify({ tenantId, agents: [{ id: agentId, presence: 'busy' }] })),
  );
const newest = (pod: string) => reports.filter((report) => report.pod === pod).at(-1)!;
const agentsOf = ({ tenants }: Report) => tenants.flatMap(({ agentIds }) => agentIds).sort();
/** The pod that says it has exactly these. */
const podWith = (...ids: string[]) =>
  eventually(() => {
    const found = reports.find((report) => agentsOf(report).join() === [...ids].sort().join());
    if (!found) throw new Error(`nobody has ${ids.join()}`);
    return found.pod;
  });
const framesOf = ({ frames }: TestSocket) => frames.filter(({ type }) => type === 'presence');

it('says again and again whose sockets a pod has, each agent once, until the last one is gone', async () => {
  const pod = await stack.pod();
  const [me, other, stranger] = [someone(), someone(), someone(id('t', 2))];
  const first = await stack.signIn(pod, me);
  const second = await stack.signIn(pod, me);
  await stack.signIn(pod, other);
  await stack.signIn(pod, stranger);
  const name = await podWith(me.agentId, other.agentId, stranger.agentId);
  expect(newest(name).tenants).toContainEqual({ tenantId: stranger.tenantId, agentIds: [stranger.agentId] });
  first.end();
  const { seq } = newest(name);
  await eventually(() => expect(newest(name).seq).toBeGreaterThan(seq + 2));
  expect(agentsOf(newest(name))).toContain(me.agentId);
  second.end();
  await eventually(() => expect(agentsOf(newest(name))).toEqual([other.agentId, stranger.agentId].sort()));
});

it('says soon who came, and nothing of who has only opened a socket', async () => {
  const pod = await stack.pod({ PRESENCE_REPORT_MS: 10_000 });
  await stack.open(pod);
  const me = someone();
  await stack.signIn(pod, me);
  const began = performance.now();
  await podWith(me.agentId);
  expect(performance.now() - began).toBeLessThan(3_000);
});

it('is told to the sockets of the business, on every pod, and to no others', async () => {
  const pods: RunningService[] = [await stack.pod(), await stack.pod()];
  const sockets = await Promise.all(pods.map((pod) => stack.signIn(pod, someone())));
  const stranger = await stack.signIn(pods[0]!, someone(id('t', 2)));
  const unknown = await stack.open(pods[0]!);
  const colleague = someone().agentId;
  tell(id('t', 1), colleague);
  for (const socket of sockets) {
    await socket.heard('presence');
    expect(framesOf(socket)).toEqual([{ type: 'presence', agents: [{ id: colleague, presence: 'busy' }] }]);
  }
  const theirs = someone().agentId;
  tell(id('t', 2), theirs);
  await stranger.heard('presence');
  expect(framesOf(stranger)).toEqual([{ type: 'presence', agents: [{ id: theirs, presence: 'busy' }] }]);
  expect(unknown.frames).toEqual([]);
});

it('ends with the pod: its last word is that nobody is there', async () => {
  const pod = await stack.pod({ PRESENCE_REPORT_MS: 10_000 });
  const me = someone();
  await stack.signIn(pod, me);
  const name = await podWith(me.agentId);
  await pod.stop();
  expect(newest(name).tenants).toEqual([]);
});

it('goes on when user is back', async () => {
  const pod = await stack.pod();
  const me = someone();
  user.silence(presenceReport);
  await stack.signIn(pod, me);
  hear();
  const name = await podWith(me.agentId);
  expect(agentsOf(newest(name))).toEqual([me.agentId]);
});

it('goes on when the broker is back, and sockets are told that they may have missed something', async () => {
  const network = await TcpProxy.to(stack.broker.url);
  const pod = await stack.pod({ RABBITMQ_URL: network.url });
  const me = someone();
  const socket = await stack.signIn(pod, me);
  const name = await podWith(me.agentId);
  network.refuse();
  network.cut();
  await eventually(async () => expect((await fetch(`${pod.url}/health/ready`)).status).toBe(503));
  network.accept();
  const { seq } = newest(name);
  await eventually(() => expect(newest(name).seq).toBeGreaterThan(seq), { within: 20_000 });
  await eventually(
    () => expect(framesOf(socket)).toContainEqual({ type: 'presence', agents: [], missed: true }),
    {
      within: 20_000,
    },
  );
  const colleague = someone().agentId;
  tell(id('t', 1), colleague);
  await eventually(() => expect(framesOf(socket)).toHaveLength(2));
  await network.close();
});
