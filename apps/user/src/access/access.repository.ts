import { Inject, Injectable } from '@nestjs/common';
import type { Revocation } from '@scrm/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { IDENTITY_SYSTEM_DB } from '../db/data-source';

/** Longer than any access token lives: what ended before that is over by itself. */
const KEPT = `interval '12 minutes'`;

@Injectable()
export class AccessRepository {
  constructor(@Inject(IDENTITY_SYSTEM_DB) private readonly db: DataSource) {}

  /** Everything that ended while a token from before may still be alive, of all tenants. */
  ended(): Promise<Revocation[]> {
    return this.db.query<Revocation[]>(
      `SELECT 'tenant' AS kind, id, access_version AS version FROM tenant WHERE access_changed_at > now() - ${KEPT}
       UNION ALL
       SELECT 'agent', id, access_version FROM agent WHERE access_changed_at > now() - ${KEPT}
       UNION ALL
       SELECT 'session', id, NULL FROM session WHERE revoked_at > now() - ${KEPT}
       UNION ALL
       SELECT 'session', id, NULL FROM api_key WHERE revoked_at > now() - ${KEPT}`,
    );
  }
}

/** The agent may do other things from now on: what tokens say about them is over. In the caller's transaction. */
export async function endAgentTokens(manager: EntityManager, agentId: string): Promise<Revocation> {
  const [revocation] = await endTokensOf(manager, [agentId]);
  return revocation!;
}

/** The same for many, whom the caller has locked: one statement takes them in no order that others could keep to. */
export async function endTokensOf(manager: EntityManager, agentIds: string[]): Promise<Revocation[]> {
  const [rows] = await manager.query<[{ id: string; version: number }[], number]>(
    `UPDATE agent SET access_version = access_version + 1, access_changed_at = now() WHERE id = ANY($1)
     RETURNING id, access_version AS version`,
    [agentIds],
  );
  return rows.map(({ id, version }) => ({ kind: 'agent', id, version }));
}

/**
 * Signed out: all sessions of agents of the tenant, but for one. In the caller's transaction.
 *
 * @returns what ended
 */
export async function endSessionsOf(
  manager: EntityManager,
  tenantId: string,
  agentIds: string[],
  but: string | null = null,
): Promise<Revocation[]> {
  const [ended] = await manager.query<[{ id: string }[], number]>(
    `UPDATE session SET revoked_at = now()
      WHERE tenant_id = $1 AND agent_id = ANY($2) AND revoked_at IS NULL AND id IS DISTINCT FROM $3 RETURNING id`,
    [tenantId, agentIds, but],
  );
  return ended.map(({ id }) => ({ kind: 'session', id }));
}
