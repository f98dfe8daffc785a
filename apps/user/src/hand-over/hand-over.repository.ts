import { Inject, Injectable } from '@nestjs/common';
import { inTenant } from '@scrm/database';
import { IsNull, type DataSource, type EntityManager } from 'typeorm';
import { IDENTITY_DB, IDENTITY_SYSTEM_DB } from '../db/data-source';
import { HandOver } from './hand-over.entity';

/** Told to `waba` in one go. */
const AT_ONCE = 100;

@Injectable()
export class HandOverRepository {
  constructor(
    @Inject(IDENTITY_DB) private readonly db: DataSource,
    @Inject(IDENTITY_SYSTEM_DB) private readonly system: DataSource,
  ) {}

  /** Of the agent's last time; null where there was none. */
  find(tenantId: string, agentId: string): Promise<HandOver | null> {
    return inTenant(this.db, tenantId, (manager) => manager.findOneBy(HandOver, { tenantId, agentId }));
  }

  /** What `waba` has not heard of yet, of all tenants. */
  async undelivered(): Promise<HandOver[]> {
    if (!this.system.isInitialized) return [];
    return this.system.manager.find(HandOver, {
      where: { deliveredAt: IsNull() },
      order: { createdAt: 'ASC' },
      take: AT_ONCE,
    });
  }

  async delivered({ agentId, version }: HandOver): Promise<void> {
    await this.system.query(
      'UPDATE hand_over SET delivered_at = now() WHERE agent_id = $1 AND version = $2 AND delivered_at IS NULL',
      [agentId, version],
    );
  }
}

/** In place of the one of their last time. In the transaction that lets the agent go. */
export async function keepHandOver(
  manager: EntityManager,
  {
    agentId,
    toAgentId,
    toAgentVersion,
    toTeamId,
  }: Pick<HandOver, 'agentId' | 'toAgentId' | 'toAgentVersion' | 'toTeamId'>,
): Promise<HandOver> {
  await manager.query(
    `INSERT INTO hand_over (agent_id, tenant_id, version, to_agent_id, to_agent_version, to_team_id)
     SELECT id, tenant_id, access_version, $2, $3, $4 FROM agent WHERE id = $1
     ON CONFLICT (agent_id) DO UPDATE SET
       version = excluded.version, to_agent_id = excluded.to_agent_id,
       to_agent_version = excluded.to_agent_version, to_team_id = excluded.to_team_id,
       created_at = now(), delivered_at = NULL`,
    [agentId, toAgentId, toAgentVersion, toTeamId],
  );
  return manager.findOneByOrFail(HandOver, { agentId });
}
