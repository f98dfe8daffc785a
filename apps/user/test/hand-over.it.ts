import {
  agentHandOverGet,
  agentUpdate,
  assignmentTargetGet,
  teamDelete,
  type HandOverTarget,
  type RpcRequest,
} from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import jwt from 'jsonwebtoken';
import { admin, type agent, demo, refused, startUserStack, stranger, type UserStack } from './stack';

const NOBODY = '01980000-0000-7000-8000-0000000000ee';
const [sales] = demo.teams as [(typeof demo.teams)[number]];
const [budi, citra, dimas, eka] = demo.agents.slice(1) as [
  typeof agent,
  typeof agent,
  typeof agent,
  typeof agent,
];
const notFound = { code: 'not_found' };
const foreign = stranger.agents[0]!;

let stack: UserStack;
let token: string;

beforeAll(async () => {
  stack = await startUserStack();
  token = (await stack.signIn(admin)).accessToken;
});
afterAll(() => stack.close());
beforeEach(() => {
  stack.waba.open = 0;
  stack.waba.quick = true;
});

const update = (change: RpcRequest<typeof agentUpdate>) => stack.rpc.call(agentUpdate, change, { token });
const letGo = (who: { id: string }, handOver?: HandOverTarget) =>
  update({ agentId: who.id, status: 'deactivated', ...(handOver && { handOver }) });
const letIn = (who: { id: string }) => update({ agentId: who.id, status: 'active' });
const progress = (agentId: string) => stack.rpc.call(agentHandOverGet, { agentId }, { token });
const version = async (who: typeof agent) =>
  (jwt.decode((await stack.signIn(who)).accessToken) as { av: number }).av;
const target = (agentId?: string, teamId?: string, tenantId = demo.tenant.id) =>
  stack.rpc.call(assignmentTargetGet, { tenantId, ...(agentId && { agentId }), ...(teamId && { teamId }) });
const undelivered = () => stack.query('SELECT 1 FROM hand_over WHERE delivered_at IS NULL');

describe('one with open conversations', () => {
  it('is not let go before it is said who takes over, and all stays as it is', async () => {
    stack.waba.open = 7;
    const session = await stack.signIn(citra);
    const before = stack.waba.begun.length;
    await expect(letGo(citra)).rejects.toMatchObject({
      code: 'hand_over_required',
      message: expect.stringContaining('7 open conversations') as string,
      errors: [{ path: 'handOver', message: '7 open conversations' }],
    });
    await expect(stack.works(session.accessToken)).resolves.toHaveProperty('items');
    expect(stack.waba.begun).toHaveLength(before);
  });

  it.each([
    ['another agent', { to: 'agent', agentId: dimas.id }, { toAgent: { id: dimas.id }, toTeamId: null }],
    ['a team', { to: 'team', teamId: sales.id }, { toAgent: null, toTeamId: sales.id }],
    ['the pool', { to: 'pool' }, { toAgent: null, toTeamId: null }],
  ] as const)('hands them over to %s', async (_, handOver, told) => {
    stack.waba.open = 3;
    const session = await stack.signIn(citra);
    const was = await version(citra);
    await expect(letGo(citra, handOver)).resolves.toMatchObject({ status: 'deactivated' });
    await eventually(() => expect(stack.works(session.accessToken)).rejects.toMatchObject(refused));
    expect(stack.waba.last(citra.id)).toMatchObject({
      tenantId: demo.tenant.id,
      agentId: citra.id,
      version: was + 1,
      ...told,
    });
    await expect(progress(citra.id)).resolves.toEqual({
      handOver,
      startedAt: expect.any(String) as string,
      remaining: 0,
      doneAt: expect.any(String) as string,
    });
    await letIn(citra);
  });

  it('can be handed over to another one while it goes on', async () => {
    Object.assign(stack.waba, { open: 3, quick: false });
    await letGo(citra, { to: 'agent', agentId: dimas.id });
    const first = stack.waba.last(citra.id)!;
    await expect(progress(citra.id)).resolves.toMatchObject({ remaining: 3, doneAt: null });
    await letGo(citra, { to: 'pool' });
    expect(stack.waba.last(citra.id)).toMatchObject({ version: first.version + 1, toAgent: null });
    stack.waba.finish(citra.id);
    await letIn(citra);
  });

  it('comes back when they are all gone, and not before', async () => {
    Object.assign(stack.waba, { open: 3, quick: false });
    await letGo(citra, { to: 'pool' });
    await expect(letIn(citra)).rejects.toMatchObject({
      code: 'conflict',
      retryAfter: expect.any(Number) as number,
    });
    await expect(stack.signIn(citra)).rejects.toMatchObject({ code: 'invalid_credentials' });
    stack.waba.finish(citra.id);
    await expect(letIn(citra)).resolves.toMatchObject({ status: 'active' });
  });
});

describe('one without', () => {
  it('is let go at once; what they are given in that moment goes to the pool', async () => {
    await expect(letGo(eka)).resolves.toMatchObject({ status: 'deactivated' });
    expect(stack.waba.last(eka.id)).toMatchObject({ toAgent: null, toTeamId: null });
    // A second time says nothing new.
    const told = stack.waba.begun.length;
    stack.waba.open = 2;
    await expect(letGo(eka)).resolves.toMatchObject({ status: 'deactivated' });
    expect(stack.waba.begun).toHaveLength(told);
    await letIn(eka);
  });
});

describe('who takes over', () => {
  it.each([
    ['an agent that does not exist', { to: 'agent', agentId: NOBODY }, 'not_found', 'handOver.agentId'],
    ['an agent of another business', { to: 'agent', agentId: foreign.id }, 'not_found', 'handOver.agentId'],
    ['the same agent', { to: 'agent', agentId: citra.id }, 'invalid_request', 'handOver.agentId'],
    ['a team that does not exist', { to: 'team', teamId: NOBODY }, 'not_found', 'handOver.teamId'],
    [
      'a team of another business',
      { to: 'team', teamId: stranger.teams[0]!.id },
      'not_found',
      'handOver.teamId',
    ],
  ] as const)('is not %s', async (_, handOver, code, path) => {
    await expect(letGo(citra, handOver)).rejects.toMatchObject({ code, errors: [{ path }] });
    await expect(stack.signIn(citra)).resolves.toHaveProperty('accessToken');
  });

  it('is not somebody who is out themselves', async () => {
    await letGo(dimas);
    await expect(letGo(citra, { to: 'agent', agentId: dimas.id })).rejects.toMatchObject({
      code: 'conflict',
    });
    await letIn(dimas);
  });

  it.each([[{}], [{ status: 'active' as const }], [{ role: 'agent' as const }]])(
    'is not asked for where nobody is let go: %j',
    async (change) => {
      const attempt = update({ agentId: citra.id, ...change, handOver: { to: 'pool' } });
      await expect(attempt).rejects.toMatchObject({
        code: 'invalid_request',
        errors: [{ path: 'handOver' }],
      });
    },
  );

  it('is there at least in that moment: two who hand over to each other do not both go', async () => {
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.allSettled([
        letGo(citra, { to: 'agent', agentId: dimas.id }),
        letGo(dimas, { to: 'agent', agentId: citra.id }),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      await letIn(outcomes[0].status === 'fulfilled' ? citra : dimas);
    }
  });
});

describe('while waba is away', () => {
  beforeEach(() => stack.waba.go());
  afterEach(() => stack.waba.come());

  it('one is let go where it is said who takes over; waba hears of it when it is back', async () => {
    const session = await stack.signIn(budi);
    await expect(letGo(budi, { to: 'team', teamId: sales.id })).resolves.toMatchObject({
      status: 'deactivated',
    });
    await eventually(() => expect(stack.works(session.accessToken)).rejects.toMatchObject(refused));
    expect(stack.waba.last(budi.id)).toBeUndefined();
    expect(await undelivered()).toHaveLength(1);
    stack.waba.come();
    await eventually(() => expect(stack.waba.last(budi.id)).toMatchObject({ toTeamId: sales.id }));
    await eventually(async () => expect(await undelivered()).toEqual([]));
    await letIn(budi);
  });

  it('nobody knows whether there is something to hand over: nothing changes', async () => {
    await expect(letGo(citra)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(stack.signIn(citra)).resolves.toHaveProperty('accessToken');
  });
});

describe('how far it is', () => {
  it.each([
    ['of an agent who never left', admin.id],
    ['of an agent of another business', foreign.id],
    ['of nobody', NOBODY],
  ])('is not told %s', async (_, id) => {
    await expect(progress(id)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('to whom a conversation may go', () => {
  it('is told with the version of what they may do', async () => {
    expect(await target(dimas.id, sales.id)).toEqual({
      agent: { status: 'active', version: await version(dimas) },
      team: true,
    });
    await letGo(dimas);
    expect(await target(dimas.id)).toMatchObject({ agent: { status: 'deactivated' }, team: false });
    await letIn(dimas);
  });

  it('is nobody, and no team, of another business', async () => {
    expect(await target(foreign.id, stranger.teams[0]!.id)).toEqual({ agent: null, team: false });
    expect(await target(NOBODY, NOBODY)).toEqual({ agent: null, team: false });
  });

  it('is no team that somebody deletes while it takes over', async () => {
    const [gone, out] = await Promise.allSettled([
      stack.rpc.call(teamDelete, { teamId: sales.id }, { token }),
      letGo(eka, { to: 'team', teamId: sales.id }),
    ]);
    expect(gone.status).toBe('fulfilled');
    expect(out.status === 'fulfilled' ? notFound : out.reason).toMatchObject(notFound);
  });
});
