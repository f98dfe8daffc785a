import { canSee, conversationList, ROLE_GRANTS, type BuiltInRole } from '@scrm/contracts';
import { randomUUID } from 'node:crypto';
import { WabaHarness, type TestSender } from './harness';

interface Row {
  id: string;
  sender_id: string;
  team_id: string | null;
  assignee_id: string | null;
  status: string;
}

/** The inbox is merged from the parts that its indexes hold: together they must be what the rule of sight says. */
describe('the inbox list', () => {
  let waba: WabaHarness;
  let senders: TestSender[];
  let rows: Row[];
  const agents = [randomUUID(), randomUUID()];

  beforeAll(async () => {
    waba = await WabaHarness.start();
    const first = await waba.addSender();
    senders = [first, await waba.addSender(first.tenantId), await waba.addSender()];
    // Every combination; the last one's place in time differs by less than a millisecond from the one before.
    for (const sender of senders) {
      await waba.query(
        `WITH c AS (
           INSERT INTO contact (id, tenant_id) SELECT gen_random_uuid(), $2 FROM generate_series(1, 27) RETURNING id
         ), n AS (SELECT id, row_number() OVER () AS n FROM c)
         INSERT INTO conversation (id, tenant_id, sender_id, contact_id, team_id, assignee_id, status, last_activity_at)
         SELECT gen_random_uuid(), $2, $1, id, ($3::uuid[])[1 + n % 3], ($4::uuid[])[1 + n / 3 % 3],
                CASE WHEN n / 9 % 3 = 0 THEN 'closed' ELSE 'open' END,
                timestamptz '2026-01-01' + n / 5 * interval '1 minute' + n * interval '7 microseconds'
           FROM n`,
        [sender.id, sender.tenantId, [senders[0]!.teamId, senders[1]!.teamId, null], [...agents, null]],
      );
    }
    rows = await waba.query<Row & Record<string, unknown>>(
      `SELECT id, sender_id, team_id, assignee_id, status FROM conversation WHERE tenant_id = $1
        ORDER BY last_activity_at DESC, id DESC`,
      [first.tenantId],
    );
  });
  afterAll(() => waba.stop());

  const roles: BuiltInRole[] = ['admin', 'leader', 'agent'];
  const statuses = ['any', 'open', 'closed'] as const;
  const assignees = ['anybody', 'none', 'me', 'a colleague'] as const;
  const teams = ['no team', 'one team', 'two teams'] as const;

  const cases = roles.flatMap((role) =>
    statuses.flatMap((status) =>
      assignees.flatMap((assignee) => teams.map((team) => ({ role, status, assignee, team }))),
    ),
  );

  it.each(cases)(
    'of $role in $team, status $status, assigned to $assignee: all that they may see, once and in order',
    async (c) => {
      const tenantId = senders[0]!.tenantId;
      const teamIds = senders.slice(0, teams.indexOf(c.team)).map((s) => s.teamId);
      const principal = { agentId: agents[0]!, tenantId, role: c.role, teamIds };
      const token = waba.identity.token(principal);
      const assigneeId = {
        anybody: undefined,
        none: 'none' as const,
        me: agents[0],
        'a colleague': agents[1],
      }[c.assignee];
      for (const senderId of [undefined, senders[1]!.id]) {
        const seen: string[] = [];
        for (let cursor: string | undefined; ;) {
          const page = await waba.rpc.call(
            conversationList,
            {
              limit: 10,
              ...(c.status !== 'any' && { status: c.status }),
              ...(assigneeId && { assigneeId }),
              ...(senderId && { senderId }),
              ...(cursor && { cursor }),
            },
            { token },
          );
          seen.push(...page.items.map((v) => v.id));
          if (!page.nextCursor) break;
          cursor = page.nextCursor;
        }
        const scope = ROLE_GRANTS[c.role]['conversation.read']!;
        const expected = rows.filter(
          (r) =>
            canSee({ ...principal, sessionId: '', agentVersion: 1, tenantVersion: 1, expiresAt: 0 }, scope, {
              teamId: r.team_id,
              assigneeId: r.assignee_id,
            }) &&
            (c.status === 'any' || r.status === c.status) &&
            (!senderId || r.sender_id === senderId) &&
            (!assigneeId || r.assignee_id === (assigneeId === 'none' ? null : assigneeId)),
        );
        expect(seen).toEqual(expected.map((r) => r.id));
      }
    },
  );
});
