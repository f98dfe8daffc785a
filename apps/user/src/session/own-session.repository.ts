import { Inject, Injectable } from '@nestjs/common';
import { actorOf, inTenant, recordAudit } from '@scrm/database';
import { IsNull, MoreThan, type DataSource } from 'typeorm';
import { IDENTITY_DB } from '../db/data-source';
import { Session } from './session.entity';

const MOST_SHOWN = 100;

/** What an agent sees and does of their own sessions, within their tenant. */
@Injectable()
export class OwnSessionRepository {
  constructor(@Inject(IDENTITY_DB) private readonly db: DataSource) {}

  alive(tenantId: string, agentId: string): Promise<Session[]> {
    return inTenant(this.db, tenantId, (manager) =>
      manager.find(Session, {
        where: { tenantId, agentId, revokedAt: IsNull(), expiresAt: MoreThan(new Date()) },
        order: { lastUsedAt: 'DESC' },
        take: MOST_SHOWN,
      }),
    );
  }

  /** @returns those that were alive and are not any more */
  end(
    tenantId: string,
    agentId: string,
    { only = null, not = null }: { only?: string | null; not?: string | null },
  ): Promise<string[]> {
    return inTenant(this.db, tenantId, async (manager) => {
      const [ended] = await manager.query<[{ id: string }[], number]>(
        `UPDATE session SET revoked_at = now()
          WHERE tenant_id = $1 AND agent_id = $2 AND revoked_at IS NULL
            AND ($3::uuid IS NULL OR id = $3) AND ($4::uuid IS NULL OR id <> $4)
         RETURNING id`,
        [tenantId, agentId, only, not],
      );
      const sessionIds = ended.map(({ id }) => id);
      if (sessionIds.length > 0)
        await recordAudit(manager, {
          by: actorOf({ tenantId, agentId }),
          action: 'session.ended',
          target: { kind: 'agent', id: agentId },
          after: { sessionIds },
        });
      return sessionIds;
    });
  }
}
