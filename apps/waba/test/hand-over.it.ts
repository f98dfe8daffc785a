import {
  assignmentTargetGet,
  conversationAssign,
  handOverBegin,
  handOverGet,
  type RpcRequest,
} from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { SYSTEM_DB, wabaDataSource } from '../src/db/data-source';
import { assignedTo, goneFrom } from './conversations';
import { ACTIVE, WabaHarness, type Listener, type TestSender } from './harness';

let waba: WabaHarness;
let pods: Listener;
let sender: TestSender;
let agentId: string;

beforeAll(async () => {
  waba = await WabaHarness.start();
  pods = await waba.listen();
});
afterAll(async () => {
  await pods.stop();
  await waba.stop();
});
beforeEach(async () => {
  sender = await waba.addSender();
  agentId = randomUUID();
});

type Begin = RpcRequest<typeof handOverBegin>;
const begin = (more: Partial<Begin> = {}) =>
  waba.rpc.call(handOverBegin, { ...goneFrom(sender, agentId), ...more });
const state = (of = agentId) => waba.rpc.call(handOverGet, { tenantId: sender.tenantId, agentId: of });
const isDone = (of = agentId, within = 30_000) =>
  eventually(
    async () => {
      const { assigned, doneAt } = await state(of);
      expect([assigned, typeof doneAt]).toEqual([0, 'string']);
    },
    { within },
  );
const placesOf = (ids: string[]) =>
  waba.query<{ assignee_id: string | null; team_id: string | null; count: number }>(
    `SELECT assignee_id, team_id, count(*)::int AS count FROM conversation WHERE id = ANY($1) GROUP BY 1, 2`,
    [ids],
  );
/** The connections of which so many wait for a lock. */
const waiting = (owner: DataSource, count: number) =>
  eventually(async () => {
    const found = await owner.query<{ pid: number }[]>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    expect(found).toHaveLength(count);
    return found.map(({ pid }) => pid);
  });
const events = (ids: string[]) =>
  waba.query<{ conversation_id: string; type: string; previous: string; assignee: string | null }>(
    `SELECT conversation_id, type, previous_audience->>'assigneeId' AS previous, audience->>'assigneeId' AS assignee
       FROM stream_event WHERE conversation_id = ANY($1)`,
    [ids],
  );

it.each([
  [
    'another agent',
    (to: string) => ({ toAgent: { id: to, version: 1 } }),
    (to: string) => [to, sender.teamId],
  ],
  ['a team', (to: string) => ({ toTeamId: to }), (to: string) => [null, to]],
  ['the pool of the team of each', () => ({}), () => [null, sender.teamId]],
])(
  'all that was theirs, open or closed, goes to %s, and every screen hears it',
  async (_, command, place) => {
    const ids = [
      ...(await assignedTo(waba, sender, agentId, 130)),
      ...(await assignedTo(waba, sender, agentId, 5, 'closed')),
    ];
    const others = await assignedTo(waba, sender, randomUUID(), 1);
    const elsewhere = await assignedTo(waba, await waba.addSender(), agentId, 1);
    expect(await state()).toEqual({ open: 130, assigned: 135, version: null, doneAt: null });
    const to = randomUUID();
    await begin(command(to));
    await isDone();
    const [assignee_id, team_id] = place(to);
    expect(await placesOf(ids)).toEqual([{ assignee_id, team_id, count: 135 }]);
    expect(await events(ids)).toEqual(
      ids.map(() =>
        expect.objectContaining({ type: 'conversation.updated', previous: agentId, assignee: assignee_id }),
      ),
    );
    const heard = () => pods.events().filter((event) => ids.includes(event.conversationId));
    await eventually(() => expect(heard()).toHaveLength(ids.length));
    expect(heard()[0]).toMatchObject({
      audience: { assigneeId: assignee_id, teamId: team_id },
      previousAudience: { assigneeId: agentId, teamId: sender.teamId },
    });
    expect(await events([...others, ...elsewhere])).toEqual([]);
  },
);

it('is through at once where there is nothing', async () => {
  await begin();
  expect(await state()).toMatchObject({ assigned: 0, version: 2, doneAt: expect.any(String) as string });
});

it('may be told twice; an older one says nothing any more', async () => {
  const to = randomUUID();
  const ids = await assignedTo(waba, sender, agentId, 3);
  await Promise.all([1, 2, 3].map(() => begin({ version: 5, toTeamId: to })));
  await begin({ version: 4 });
  await isDone();
  const { doneAt } = await state();
  await begin({ version: 5, toTeamId: to });
  expect(await state()).toMatchObject({ version: 5, doneAt });
  expect(await events(ids)).toHaveLength(3);
  expect(await placesOf(ids)).toMatchObject([{ team_id: to }]);
});

it('goes on where a process ended in the middle: each conversation moves once', async () => {
  const ids = await assignedTo(waba, sender, agentId, 1_000);
  // Whether Postgres reads them by the index or as they lie, this one is not among the first hundred.
  const early = new Set([...ids.slice(0, 300), ...ids.toSorted().slice(0, 300)]);
  const inTheMiddle = ids.find((id) => !early.has(id))!;
  // Somebody works on one of them: the hand-over waits in the middle of a batch, and there its process ends.
  const owner = await wabaDataSource(waba.database.url).initialize();
  await waba.get<DataSource>(SYSTEM_DB).transaction(async (other) => {
    await other.query('SELECT FROM conversation WHERE id = $1 FOR UPDATE', [inTheMiddle]);
    await begin();
    const [pid] = await waiting(owner, 1);
    await owner.query('SELECT pg_terminate_backend($1)', [pid]);
    const { assigned } = await state();
    expect([assigned > 0, assigned < 1_000]).toEqual([true, true]);
  });
  await owner.destroy();
  await waba.restart();
  await isDone();
  expect(await placesOf(ids)).toEqual([{ assignee_id: null, team_id: sender.teamId, count: 1_000 }]);
  const told = (await events(ids)).map((event) => event.conversation_id);
  expect(told.sort()).toEqual(ids.toSorted());
});

it('finds what is assigned to them in that very moment', async () => {
  const token = waba.identity.token(sender);
  const assign = (conversationId: string, to: string) =>
    waba.rpc.call(conversationAssign, { conversationId, assigneeId: to }, { token });
  for (let round = 0; round < 10; round++) {
    const leaving = randomUUID();
    const ids = await assignedTo(waba, sender, randomUUID(), 12);
    const outcomes = await Promise.allSettled([
      ...ids.map((id) => assign(id, leaving)),
      begin({ agentId: leaving }),
    ]);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'conflict' });
    await isDone(leaving);
    // And what was asked before, and comes only now.
    await expect(assign(ids[0]!, leaving)).rejects.toMatchObject({ code: 'conflict' });
    expect(await state(leaving)).toMatchObject({ assigned: 0 });
  }
});

it('waits for an assignment that is nearly done, and finds it', async () => {
  const token = waba.identity.token(sender);
  const [conversationId] = (await assignedTo(waba, sender, randomUUID(), 1)) as [string];
  const assign = (to: string) =>
    waba.rpc.call(conversationAssign, { conversationId, assigneeId: to }, { token });
  await assign(randomUUID());
  const owner = await wabaDataSource(waba.database.url).initialize();
  // Before its commit an assignment takes the tenant's place in the stream: there it is held.
  const both = await waba.get<DataSource>(SYSTEM_DB).transaction(async (other) => {
    await other.query('SELECT FROM stream WHERE tenant_id = $1 FOR UPDATE', [sender.tenantId]);
    const assigned = assign(agentId);
    await waiting(owner, 1);
    const begun = begin();
    await waiting(owner, 2);
    return [assigned, begun];
  });
  await owner.destroy();
  await Promise.all(both);
  await isDone();
  expect(await placesOf([conversationId])).toEqual([{ assignee_id: null, team_id: sender.teamId, count: 1 }]);
});

it('lets nobody wait for one who is back', async () => {
  const [id] = await assignedTo(waba, sender, randomUUID(), 1);
  const token = waba.identity.token(sender);
  await begin({ version: 2 });
  waba.user.on(assignmentTargetGet, () => ({
    agent: { status: 'active' as const, version: 3 },
    team: true,
  }));
  await expect(
    waba.rpc.call(conversationAssign, { conversationId: id!, assigneeId: agentId }, { token }),
  ).resolves.toMatchObject({ assigneeId: agentId });
  waba.user.on(assignmentTargetGet, ACTIVE);
});

it('goes to who took over from those who took over, and to the pool where they have each other', async () => {
  const [second, third] = [randomUUID(), randomUUID()];
  const ids = await assignedTo(waba, sender, agentId, 2);
  await begin({ agentId: second, toAgent: { id: third, version: 1 } });
  await begin({ toAgent: { id: second, version: 1 } });
  await isDone();
  expect(await placesOf(ids)).toEqual([{ assignee_id: third, team_id: sender.teamId, count: 2 }]);
  await begin({ agentId: third, toAgent: { id: second, version: 1 } });
  await isDone(third);
  expect(await placesOf(ids)).toEqual([{ assignee_id: null, team_id: sender.teamId, count: 2 }]);
});
