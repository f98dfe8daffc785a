import type { Transaction } from '@scrm/database';

/** Who got, or is getting, what was somebody's. */
export interface Destination {
  to_agent_id: string | null;
  to_agent_version: number | null;
  to_team_id: string | null;
}

/** A version of an agent who was active: what `user` said when it was asked. */
export interface KnownAgent {
  id: string;
  version: number;
}

/**
 * Whether the agent was let go since `user` was asked; the destination of what was theirs, then. Where not, no
 * hand-over of theirs begins before the caller's transaction ends: what it gives them is found by that hand-over.
 *
 * After the conversations are locked: whoever waits for one of these must not hold up a hand-over.
 */
export async function letGoSince(tx: Transaction, agent: KnownAgent): Promise<Destination | undefined> {
  tx.send(`SELECT pg_advisory_xact_lock_shared(${LOCK})`, [agent.id]);
  // A statement of its own: it sees what was committed while the lock was waited for.
  const [row] = await tx.query<Destination>(
    `SELECT to_agent_id, to_agent_version, to_team_id FROM hand_over WHERE agent_id = $1 AND version > $2`,
    [agent.id, agent.version],
  );
  return row;
}

/** Nobody is giving the agent a conversation now, nor can until the end of the transaction. */
export function closeGate(tx: Transaction, agentId: string): void {
  tx.send(`SELECT pg_advisory_xact_lock(${LOCK})`, [agentId]);
}

const LOCK = `hashtextextended('waba.hand_over.' || $1::text, 0)`;
