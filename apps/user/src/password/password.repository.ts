import { Inject, Injectable } from '@nestjs/common';
import type { Principal, Revocation } from '@scrm/contracts';
import { actorOf, recordAudit } from '@scrm/database';
import type { DataSource, EntityManager } from 'typeorm';
import { endSessionsOf } from '../access/access.repository';
import { IDENTITY_SYSTEM_DB } from '../db/data-source';

/** Reads and writes what only the system role may: nobody's question sees a hash. */
@Injectable()
export class PasswordRepository {
  constructor(@Inject(IDENTITY_SYSTEM_DB) private readonly db: DataSource) {}

  async find(tenantId: string, agentId: string) {
    const [row] = await this.db.query<{ name: string; email: string; hash: string }[]>(
      `SELECT name, email, password_hash AS hash FROM agent WHERE tenant_id = $1 AND id = $2 AND status = 'active'`,
      [tenantId, agentId],
    );
    return row;
  }

  /**
   * All other sessions end with it, and links by which it could be set anew.
   *
   * @param old the hash that it takes the place of
   * @param also done in the same transaction
   * @returns what ended; null where somebody was faster
   */
  replace(
    { tenantId, agentId, sessionId }: Principal,
    { old, next }: { old: string; next: string },
    also: (manager: EntityManager) => Promise<unknown>,
  ): Promise<Revocation[] | null> {
    return this.db.transaction(async (manager) => {
      const [, changed] = await manager.query<[unknown[], number]>(
        `UPDATE agent SET password_hash = $3, password_set_at = now() WHERE id = $1 AND password_hash = $2`,
        [agentId, old, next],
      );
      if (changed === 0) return null;
      await manager.query('DELETE FROM password_reset WHERE agent_id = $1', [agentId]);
      const ended = await endSessionsOf(manager, tenantId, [agentId], sessionId);
      await also(manager);
      await recordAudit(manager, {
        by: actorOf({ tenantId, agentId }),
        action: 'password.changed',
        target: { kind: 'agent', id: agentId },
        after: ended.length > 0 ? { sessionIds: ended.map(({ id }) => id) } : null,
      });
      return ended;
    });
  }
}
