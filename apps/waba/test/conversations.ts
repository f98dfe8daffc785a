import type { TestSender, WabaHarness } from './harness';

/** So many conversations of the number at once, assigned to that agent: as they are in the database. */
export async function assignedTo(
  waba: WabaHarness,
  sender: TestSender,
  agentId: string,
  count: number,
  status: 'open' | 'closed' = 'open',
): Promise<string[]> {
  const rows = await waba.query<{ id: string }>(
    `WITH c AS (
       INSERT INTO contact (id, tenant_id, name) SELECT gen_random_uuid(), $1, 'Customer ' || n
         FROM generate_series(1, $5::int) n RETURNING id)
     INSERT INTO conversation (id, tenant_id, sender_id, contact_id, team_id, assignee_id, status)
     SELECT gen_random_uuid(), $1, $2, c.id, $3, $4, $6 FROM c RETURNING id`,
    [sender.tenantId, sender.id, sender.teamId, agentId, count, status],
  );
  return rows.map(({ id }) => id);
}

/** One who is let go, with all that the command says of it. */
export const goneFrom = (sender: TestSender, agentId: string, version = 2) => ({
  tenantId: sender.tenantId,
  agentId,
  version,
  toAgent: null as { id: string; version: number } | null,
  toTeamId: null as string | null,
});
