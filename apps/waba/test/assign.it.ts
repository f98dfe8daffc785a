import { assignmentTargetGet, conversationAssign, type RpcRequest } from '@scrm/contracts';
import { randomUUID } from 'node:crypto';
import { assignedTo } from './conversations';
import { ACTIVE, WabaHarness, type TestSender } from './harness';

let waba: WabaHarness;
let sender: TestSender;
let conversationId: string;
const me = randomUUID();

beforeAll(async () => {
  waba = await WabaHarness.start();
  sender = await waba.addSender();
});
afterAll(() => waba.stop());
beforeEach(async () => {
  waba.user.on(assignmentTargetGet, ACTIVE);
  [conversationId] = (await assignedTo(waba, sender, me, 1)) as [string];
});

type To = Omit<RpcRequest<typeof conversationAssign>, 'conversationId'>;
const assign = (to: To, role: 'admin' | 'leader' = 'admin') => {
  const { tenantId, teamId } = sender;
  const token = waba.identity.token({ tenantId, role, teamIds: [teamId] });
  return waba.rpc.call(conversationAssign, { conversationId, ...to }, { token });
};
const isUnchanged = async () => {
  const [row] = await waba.query('SELECT assignee_id, team_id, last_seq FROM conversation WHERE id = $1', [
    conversationId,
  ]);
  expect(row).toMatchObject({ assignee_id: me, team_id: sender.teamId, last_seq: '0' });
};

describe('a conversation', () => {
  it('goes to an agent and a team of the business, in the words of whoever may hand it on', async () => {
    const asked: unknown[] = [];
    waba.user.on(assignmentTargetGet, (question) => {
      asked.push(question);
      return ACTIVE();
    });
    const [assigneeId, teamId] = [randomUUID(), randomUUID()];
    await expect(assign({ assigneeId, teamId }, 'leader')).resolves.toMatchObject({ assigneeId, teamId });
    expect(asked).toEqual([{ tenantId: sender.tenantId, agentId: assigneeId, teamId }]);
  });

  it('goes back to the pool of its team without a question', async () => {
    waba.user.silence(assignmentTargetGet);
    await expect(assign({ assigneeId: null })).resolves.toMatchObject({
      assigneeId: null,
      teamId: sender.teamId,
    });
  });

  it.each([
    ['an agent whom the business does not have', { agent: null, team: true }, 'not_found', 'assigneeId'],
    ['a team that it does not have', { ...ACTIVE(), team: false }, 'not_found', 'teamId'],
    [
      'one who is out',
      { agent: { status: 'deactivated' as const, version: 2 }, team: true },
      'conflict',
      'assigneeId',
    ],
    [
      'one who has never come',
      { agent: { status: 'invited' as const, version: 1 }, team: true },
      'conflict',
      'assigneeId',
    ],
  ])('does not go to %s', async (_, answer, code, path) => {
    waba.user.on(assignmentTargetGet, () => answer);
    const attempt = assign({ assigneeId: randomUUID(), teamId: randomUUID() });
    await expect(attempt).rejects.toMatchObject({ code, errors: [{ path }] });
    await isUnchanged();
  });

  it('stays where it is while nobody can say who is there', async () => {
    waba.user.silence(assignmentTargetGet);
    await expect(assign({ assigneeId: randomUUID() })).rejects.toMatchObject({ code: 'unavailable' });
    await isUnchanged();
  });
});
