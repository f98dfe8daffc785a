import { Inject, Injectable } from '@nestjs/common';
import { actorOf, filtered, inTenant, recordAudit, SortedList, type PlaceIn } from '@scrm/database';
import type { DataSource } from 'typeorm';
import { IDENTITY_DB } from '../db/data-source';
import type { Session } from './session.entity';

export type OwnSession = Pick<
  Session,
  'id' | 'userAgent' | 'ip' | 'createdAt' | 'lastUsedAt' | 'expiresAt'
> & { usedMicros: string };
export type SessionOrder = 'createdAt' | 'lastUsedAt';

export const OWN_SESSIONS = new SortedList<SessionOrder, OwnSession>({
  id: 's.id',
  idOf: ({ id }) => id,
  orders: {
    createdAt: null,
    lastUsedAt: {
      column: 's.last_used_at',
      // A Date has milliseconds only: two sessions within one would be skipped or shown twice.
      value: ({ usedMicros }) => Number(usedMicros),
      place: (p) => `timestamptz 'epoch' + ${p} * interval '1 microsecond'`,
    },
  },
  byDefault: '-lastUsedAt',
});

/** What an agent sees and does of their own sessions, within their tenant. */
@Injectable()
export class OwnSessionRepository {
  constructor(@Inject(IDENTITY_DB) private readonly db: DataSource) {}

  /** One more than `limit`. */
  alive(
    tenantId: string,
    agentId: string,
    place: PlaceIn<SessionOrder>,
    { limit, q }: { limit: number; q?: string },
  ): Promise<OwnSession[]> {
    const values: unknown[] = [agentId];
    const { where, orderBy } = OWN_SESSIONS.sql(place, values);
    const filters = filtered(values, [
      [q, (p) => `(strpos(lower(s.user_agent), lower(${p})) > 0 OR strpos(s.ip, ${p}) > 0)`],
    ]);
    return inTenant(this.db, tenantId, (manager) =>
      manager.query<OwnSession[]>(
        `SELECT s.id, s.user_agent AS "userAgent", s.ip, s.created_at AS "createdAt", s.last_used_at AS "lastUsedAt",
                s.expires_at AS "expiresAt", (extract(epoch FROM s.last_used_at) * 1000000)::bigint AS "usedMicros"
           FROM session s
          WHERE s.agent_id = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND ${where}${filters}
          ORDER BY ${orderBy} LIMIT ${limit + 1}`,
        values,
      ),
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
