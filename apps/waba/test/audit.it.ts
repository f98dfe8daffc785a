import {
  conversationAssign,
  conversationGet,
  conversationList,
  conversationRead,
  inboxAuditList,
  inboxWatch,
  messageList,
} from '@scrm/contracts';
import { verifyAudit } from '@scrm/database';
import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { SYSTEM_DB } from '../src/db/data-source';
import { WabaHarness, type TestSender } from './harness';

describe('the audit trail of the inbox', () => {
  let waba: WabaHarness;
  let sender: TestSender;
  let conversationId: string;
  let token: string;

  beforeAll(async () => {
    waba = await WabaHarness.start();
  });
  afterAll(() => waba.stop());
  beforeEach(async () => {
    sender = await waba.addSender();
    token = waba.identity.token(sender);
    conversationId = await waba.customerWrites('6281300', sender);
  });

  const trail = async () => (await waba.rpc.call(inboxAuditList, {}, { token })).items;
  const signIn = (who: Partial<Parameters<typeof waba.identity.token>[0]>) =>
    waba.identity.token({ tenantId: sender.tenantId, teamIds: [sender.teamId], ...who });

  it('says who handed a conversation to whom', async () => {
    const [me, other] = [randomUUID(), randomUUID()];
    const mine = signIn({ role: 'leader', agentId: me });
    const assign = () =>
      waba.rpc.call(conversationAssign, { conversationId, assigneeId: other }, { token: mine });
    await assign();
    await assign();
    const entries = await trail();
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      actor: { kind: 'agent', id: me },
      action: 'conversation.assigned',
      target: { kind: 'conversation', id: conversationId },
      before: { assigneeId: null, teamId: sender.teamId },
      after: { assigneeId: other, teamId: sender.teamId },
    });
  });

  it.each([
    ['an auditor', { role: 'auditor' as const }],
    [
      'whoever reads and does not answer',
      { role: randomUUID(), grants: { 'conversation.read': 'all' as const } },
    ],
  ])('says what %s looked at', async (_, who) => {
    const agentId = randomUUID();
    const looking = signIn({ ...who, agentId });
    await waba.rpc.call(conversationList, { limit: 5 }, { token: looking });
    await waba.rpc.call(conversationGet, { conversationId }, { token: looking });
    await waba.rpc.call(messageList, { conversationId }, { token: looking });
    await waba.rpc.call(inboxWatch, {}, { token: looking });
    const entries = (await trail()).reverse();
    expect(entries.map(({ action, target }) => [action, target.kind])).toEqual([
      ['conversation.listed', 'inbox'],
      ['conversation.read', 'conversation'],
      ['message.listed', 'conversation'],
      ['inbox.watched', 'session'],
    ]);
    expect(entries.every(({ actor }) => actor.id === agentId)).toBe(true);
    expect(entries[2]!.target.id).toBe(conversationId);
  });

  it('says nothing of those who read because they answer', async () => {
    for (const role of ['admin', 'leader', 'agent'] as const) {
      const reading = signIn({ role });
      await waba.rpc.call(conversationList, {}, { token: reading });
      await waba.rpc.call(messageList, { conversationId }, { token: reading });
      await waba.rpc.call(inboxWatch, {}, { token: reading });
    }
    expect(await trail()).toEqual([]);
  });

  it('shows an auditor everything, and lets them change nothing', async () => {
    const looking = signIn({ role: 'auditor', teamIds: [] });
    await expect(
      waba.rpc.call(conversationGet, { conversationId }, { token: looking }),
    ).resolves.toBeDefined();
    const attempts = [
      waba.rpc.call(conversationRead, { conversationId }, { token: looking }),
      waba.rpc.call(conversationAssign, { conversationId, assigneeId: null }, { token: looking }),
      waba.send(conversationId, 'Hello', { token: looking }),
    ];
    for (const outcome of await Promise.allSettled(attempts))
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'forbidden' } });
  });

  it('is not for everybody to read', async () => {
    for (const role of ['leader', 'agent'] as const) {
      const attempt = waba.rpc.call(inboxAuditList, {}, { token: signIn({ role }) });
      await expect(attempt).rejects.toMatchObject({ code: 'forbidden' });
    }
  });

  it('is whole', async () => {
    await waba.rpc.call(conversationList, {}, { token: signIn({ role: 'auditor' }) });
    const verdict = await verifyAudit(waba.get<DataSource>(SYSTEM_DB), sender.tenantId);
    expect(verdict).toMatchObject({ ok: true, entries: 1 });
  });
});
