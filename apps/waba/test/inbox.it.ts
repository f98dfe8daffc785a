import {
  conversationAssign,
  conversationGet,
  conversationList,
  conversationOpen,
  conversationRead,
} from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import { randomUUID } from 'node:crypto';
import { WabaHarness, type Listener, type TestSender } from './harness';

describe('the inbox', () => {
  let waba: WabaHarness;
  let pods: Listener;
  let sender: TestSender;
  let conversationId: string;
  let token: string;

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
    token = waba.identity.token(sender);
    conversationId = await waba.customerWrites('6281200', sender);
  });

  it('shows a conversation to those who may see it, and to nobody else', async () => {
    const me = randomUUID();
    const inTeam = { tenantId: sender.tenantId, teamIds: [sender.teamId] };
    const get = (who: Parameters<typeof waba.identity.token>[0]) =>
      waba.rpc.call(conversationGet, { conversationId }, { token: waba.identity.token(who) });
    const sees = async (who: Parameters<typeof waba.identity.token>[0]) => {
      const { items } = await waba.rpc.call(conversationList, {}, { token: waba.identity.token(who) });
      const listed = items.some((c) => c.id === conversationId);
      const got = await get(who).then(
        () => true,
        (error: { code: string }) => {
          expect(error.code).toBe('not_found');
          return false;
        },
      );
      expect(got).toBe(listed);
      return got;
    };
    expect(await sees({ ...inTeam, role: 'agent', agentId: me })).toBe(true);
    expect(await sees({ ...inTeam, role: 'agent', teamIds: [randomUUID()] })).toBe(false);
    expect(await sees({ ...inTeam, role: 'admin', tenantId: randomUUID() })).toBe(false);
    await waba.rpc.call(
      conversationAssign,
      { conversationId, assigneeId: me },
      { token: waba.identity.token({ ...inTeam, role: 'leader' }) },
    );
    expect(await sees({ ...inTeam, role: 'agent', agentId: me, teamIds: [] })).toBe(true);
    expect(await sees({ ...inTeam, role: 'agent' })).toBe(false);
    expect(await sees({ ...inTeam, role: 'leader' })).toBe(true);
    const other = waba.identity.token({ ...inTeam, role: 'agent' });
    await expect(waba.send(conversationId, 'not mine', { token: other })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(
      waba.rpc.call(conversationAssign, { conversationId, assigneeId: me }, { token: other }),
    ).rejects.toMatchObject({ code: 'forbidden' });
    await eventually(() => {
      const event = pods.events().findLast((e) => e.conversationId === conversationId);
      expect(event).toMatchObject({
        type: 'conversation.updated',
        audience: { assigneeId: me },
        previousAudience: { assigneeId: null },
      });
    });
  });

  it('opens a conversation with a phone number, and marks one as read', async () => {
    const opened = await waba.rpc.call(
      conversationOpen,
      { senderId: sender.id, phone: '+62 812-9999' },
      { token },
    );
    expect(opened).toMatchObject({ contact: { waId: '628129999' }, windowExpiresAt: null });
    await expect(waba.send(opened.id, 'hi', { token })).rejects.toMatchObject({ code: 'window_closed' });
    expect(await waba.rpc.call(conversationGet, { conversationId }, { token })).toMatchObject({
      unreadCount: 1,
    });
    expect(await waba.rpc.call(conversationRead, { conversationId }, { token })).toMatchObject({
      unreadCount: 0,
    });
  });

  it('pages conversations and messages without a gap or a repeat', async () => {
    for (let i = 0; i < 4; i++) await waba.customerWrites(`62814${i}`, sender);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await waba.rpc.call(conversationList, { limit: 2, ...(cursor && { cursor }) }, { token });
      seen.push(...page.items.map((c) => c.id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(new Set(seen).size).toBe(5);
    expect(seen).toHaveLength(5);
    await expect(waba.rpc.call(conversationList, { cursor: 'nonsense' }, { token })).rejects.toMatchObject({
      code: 'invalid_cursor',
    });
  });

  it('refuses who has no token, a bad one, or none of the right shape', async () => {
    await expect(waba.rpc.call(conversationList, {})).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(waba.rpc.call(conversationList, {}, { token: 'nonsense' })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    const expired = waba.identity.token(sender, -10);
    await expect(waba.rpc.call(conversationList, {}, { token: expired })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    await expect(
      waba.rpc.call(conversationGet, { conversationId: 'not-a-uuid' }, { token }),
    ).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
