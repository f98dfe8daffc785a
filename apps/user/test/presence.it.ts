import {
  agentList,
  agentUpdate,
  presenceChanged,
  presenceGet,
  presenceReport,
  presenceSet,
  type AgentPresence,
  type Presence,
} from '@scrm/contracts';
import { Health } from '@scrm/platform';
import { eventually } from '@scrm/testing';
import { connect, type ChannelModel } from 'amqplib';
import { randomUUID } from 'node:crypto';
import { PresenceService } from '../src/presence/presence.service';
import { admin, demo, startUserStack, stranger, type UserStack } from './stack';

type Agent = (typeof demo.agents)[number];
const [budi, citra, dimas, eka] = demo.agents.slice(1) as [Agent, Agent, Agent, Agent];
const foreign = stranger.agents[0]!;
const LEASE_S = 3;
const GRACE_S = 2;

let stack: UserStack;
let token: string;
let connection: ChannelModel;
/** All that was told of somebody, in its order. */
const told: (AgentPresence & { tenantId: string })[] = [];

beforeAll(async () => {
  stack = await startUserStack({ PRESENCE_LEASE_S: LEASE_S, PRESENCE_GRACE_S: GRACE_S });
  token = (await stack.signIn(admin)).accessToken;
  // It looks for who is gone when it has listened for a lease.
  const sweep = jest.spyOn(stack.app.get(PresenceService, { strict: false }), 'sweep');
  await eventually(() => expect(sweep).toHaveBeenCalled());
  connection = await connect(stack.config.RABBITMQ_URL);
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  const exchange = `${stack.config.BROKER_NAMESPACE}.events`;
  await channel.bindQueue(queue, exchange, presenceChanged.key);
  await channel.consume(queue, (message) => {
    const { tenantId, agents } = presenceChanged.payload.parse(JSON.parse(message!.content.toString()));
    told.push(...agents.map((agent) => ({ ...agent, tenantId })));
  });
});
afterAll(async () => {
  await connection.close();
  await stack.close();
});

/** A ws pod as user knows it. */
class Pod {
  seq = 0;
  readonly pod = randomUUID();

  has(...agents: Agent[]) {
    return this.say(++this.seq, agents);
  }

  say(seq: number, agents: Agent[], tenantId = demo.tenant.id) {
    const tenants = [{ tenantId, agentIds: agents.map(({ id }) => id) }];
    return stack.rpc.call(presenceReport, { pod: this.pod, seq, tenants });
  }
}

const presences = async () => {
  const { items } = await stack.rpc.call(agentList, { limit: 100 }, { token });
  return new Map(items.map(({ id, presence }) => [id, presence]));
};
const becomes = (who: Agent, presence: Presence) =>
  eventually(async () => expect((await presences()).get(who.id)).toBe(presence), { within: 15_000 });
const toldOf = (who: Agent) => told.filter(({ id }) => id === who.id).map(({ presence }) => presence);
const choose = async (who: Agent, status: Presence) =>
  stack.rpc.call(presenceSet, { status }, { token: (await stack.signIn(who)).accessToken });
/** As if the pod was last heard long ago. */
const forget = (pods: Pod[]) =>
  stack.query(`UPDATE ws_pod SET seen_at = now() - interval '1 hour' WHERE pod = ANY($1)`, [
    pods.map(({ pod }) => pod),
  ]);

it('is online with the first socket, and offline some time after the last one', async () => {
  const pod = new Pod();
  expect((await presences()).get(citra.id)).toBe('offline');
  await pod.has(citra);
  expect((await presences()).get(citra.id)).toBe('online');
  await eventually(() =>
    expect(told).toContainEqual({ tenantId: demo.tenant.id, id: citra.id, presence: 'online' }),
  );
  const left = performance.now();
  await pod.has();
  // Not at once: they may be on their way to another pod.
  await becomes(citra, 'offline');
  expect(performance.now() - left).toBeGreaterThanOrEqual(GRACE_S * 1_000);
  await eventually(() => expect(toldOf(citra)).toEqual(['online', 'offline']));
});

it('stays where the last socket is, whichever pod goes', async () => {
  const [one, other, killed] = [new Pod(), new Pod(), new Pod()];
  await one.has(dimas);
  await other.has(dimas);
  await killed.has(dimas, eka);
  await one.has();
  expect(
    await stack.query('SELECT present, left_at FROM agent_presence WHERE agent_id = $1', [dimas.id]),
  ).toEqual([{ present: true, left_at: null }]);
  // Killed: nobody says that its sockets are gone.
  await forget([killed]);
  await eventually(
    async () => {
      await other.has(dimas);
      expect((await presences()).get(eka.id)).toBe('offline');
    },
    { within: 15_000 },
  );
  expect((await presences()).get(dimas.id)).toBe('online');
  expect(toldOf(dimas)).toEqual(['online']);
  await forget([other]);
  await becomes(dimas, 'offline');
  expect(
    await stack.query('SELECT 1 FROM agent_socket WHERE agent_id = ANY($1)', [[dimas.id, eka.id]]),
  ).toEqual([]);
});

it('is what they chose, also when they come back', async () => {
  const pod = new Pod();
  await expect(choose(budi, 'busy')).resolves.toEqual({ status: 'busy', presence: 'offline' });
  await pod.has(budi);
  expect((await presences()).get(budi.id)).toBe('busy');
  await expect(choose(budi, 'away')).resolves.toEqual({ status: 'away', presence: 'away' });
  await pod.has();
  await becomes(budi, 'offline');
  await pod.has(budi);
  expect((await presences()).get(budi.id)).toBe('away');
  await eventually(() => expect(toldOf(budi)).toEqual(['busy', 'away', 'offline', 'away']));
  // There, and not to be seen: others hear nothing of their coming and going.
  await expect(choose(budi, 'offline')).resolves.toEqual({ status: 'offline', presence: 'offline' });
  await pod.has();
  await eventually(async () =>
    expect(await stack.query('SELECT present FROM agent_presence WHERE agent_id = $1', [budi.id])).toEqual([
      { present: false },
    ]),
  );
  await pod.has(budi);
  const mine = { token: (await stack.signIn(budi)).accessToken };
  await expect(stack.rpc.call(presenceGet, {}, mine)).resolves.toEqual({
    status: 'offline',
    presence: 'offline',
  });
  await expect(choose(budi, 'online')).resolves.toMatchObject({ presence: 'online' });
  await eventually(() =>
    expect(toldOf(budi)).toEqual(['busy', 'away', 'offline', 'away', 'offline', 'online']),
  );
  await pod.has();
});

it('costs one row a report, where nobody came or went', async () => {
  const pod = new Pod();
  const state = () =>
    Promise.all([
      stack.query('SELECT xmin, ctid FROM agent_socket WHERE pod = $1 ORDER BY agent_id', [pod.pod]),
      stack.query('SELECT xmin, ctid FROM agent_presence WHERE agent_id = ANY($1) ORDER BY agent_id', [
        [citra.id, dimas.id],
      ]),
    ]);
  await pod.has(citra, dimas);
  const before = await state();
  for (let i = 0; i < 3; i++) await pod.has(dimas, citra);
  expect(await state()).toEqual(before);
  expect(before.map((rows) => (rows as unknown[]).length)).toEqual([2, 2]);
});

it('goes by the newest report of a pod', async () => {
  const pod = new Pod();
  await pod.say(5, [eka]);
  await pod.say(4, []);
  expect(await stack.query('SELECT 1 FROM agent_socket WHERE pod = $1', [pod.pod])).toHaveLength(1);
  await pod.say(6, []);
  expect(await stack.query('SELECT 1 FROM agent_socket WHERE pod = $1', [pod.pod])).toEqual([]);
});

it('is nothing that one business knows of another', async () => {
  const pod = new Pod();
  await pod.say(1, [foreign]);
  expect(await stack.query('SELECT 1 FROM agent_socket WHERE pod = $1', [pod.pod])).toEqual([]);
  await pod.say(2, [foreign], stranger.tenant.id);
  await eventually(() =>
    expect(told.filter(({ id }) => id === foreign.id)).toEqual([
      { tenantId: stranger.tenant.id, id: foreign.id, presence: 'online' },
    ]),
  );
  expect((await presences()).has(foreign.id)).toBe(false);
});

it('is one thing, in whatever order many pods say it at once', async () => {
  const pods = Array.from({ length: 6 }, () => new Pod());
  for (let round = 0; round < 10; round++) {
    const [holder, ...rest] = pods.toSorted(() => Math.random() - 0.5) as [Pod, ...Pod[]];
    await Promise.all([holder.has(citra, dimas), ...rest.map((pod, i) => pod.has(...(i % 2 ? [eka] : [])))]);
    const rows = await stack.query<{ left_at: Date | null }>(
      'SELECT left_at FROM agent_presence WHERE agent_id = ANY($1) AND present',
      [[citra.id, dimas.id]],
    );
    expect(rows).toEqual([{ left_at: null }, { left_at: null }]);
  }
  for (const pod of pods) await pod.has();
});

it('is shown of one who is changed, too', async () => {
  const pod = new Pod();
  await pod.has(citra);
  const change = { agentId: citra.id, name: citra.name };
  await expect(stack.rpc.call(agentUpdate, change, { token })).resolves.toMatchObject({ presence: 'online' });
});

it('outlives a restart of user, which forgets only whom it could have heard', async () => {
  const [alive, dead] = [new Pod(), new Pod()];
  await alive.has(citra);
  await dead.has(eka);
  await becomes(eka, 'online');
  told.length = 0;
  const service = await stack.restart(() => forget([alive, dead]));
  const looks = jest.spyOn(service.app.get(Health), 'readiness');
  // It has looked twice for who is gone, and has not listened for a whole lease yet.
  await eventually(() => expect(looks.mock.calls.length).toBeGreaterThanOrEqual(2));
  expect(await stack.query('SELECT 1 FROM ws_pod WHERE pod = $1', [dead.pod])).toHaveLength(1);
  await eventually(
    async () => {
      await alive.has(citra);
      expect((await presences()).get(eka.id)).toBe('offline');
    },
    { within: 15_000 },
  );
  expect((await presences()).get(citra.id)).toBe('online');
  expect(toldOf(citra)).toEqual([]);
});
