import { Inject, Injectable } from '@nestjs/common';
import type { ApiKeyAllowance } from '@scrm/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { USER_CONFIG, type UserConfig } from '../config';
import { IDENTITY_SYSTEM_DB } from '../db/data-source';

/** How many requests keys may make in a minute, over all pods of the gateway. */
@Injectable()
export class AllowanceService {
  constructor(
    @Inject(USER_CONFIG) private readonly config: UserConfig,
    @Inject(IDENTITY_SYSTEM_DB) private readonly db: DataSource,
  ) {}

  /** Takes some for the key, as far as both the key and all keys of its tenant have some left. */
  take(tenantId: string, keyId: string, wanted: number): Promise<ApiKeyAllowance> {
    const { API_KEY_REQUESTS_PER_MINUTE: limit, TENANT_REQUESTS_PER_MINUTE: tenantLimit } = this.config;
    return this.db.transaction(async (manager) => {
      // The tenant before its key, always: nobody waits in a circle.
      const { used: tenantUsed } = await usedOf(manager, tenantId, tenantId);
      const { used: keyUsed, resetsIn } = await usedOf(manager, tenantId, keyId);
      const [ofKey, ofTenant] = [limit - keyUsed, tenantLimit - tenantUsed].map((left) => Math.max(0, left));
      const granted = Math.min(wanted, ofKey!, ofTenant!);
      await manager.query(
        'UPDATE request_allowance SET used = used + $2 WHERE tenant_id = $1 AND subject IN ($1, $3)',
        [tenantId, granted, keyId],
      );
      return {
        granted,
        remaining: Math.min(ofKey!, ofTenant!) - granted,
        limit,
        resetsIn,
        exhausted: granted > 0 ? null : ofKey === 0 ? 'key' : 'tenant',
      };
    });
  }
}

/** In this minute; its row is locked. Whoever waited for that may be of the minute before: the new one goes on. */
async function usedOf(
  manager: EntityManager,
  tenantId: string,
  subject: string,
): Promise<{ used: number; resetsIn: number }> {
  const [row] = await manager.query<{ used: number; resetsIn: number }[]>(
    `INSERT INTO request_allowance AS a (tenant_id, subject, minute, used)
     VALUES ($1, $2, date_trunc('minute', now()), 0)
     ON CONFLICT (tenant_id, subject) DO UPDATE
       SET used = CASE WHEN a.minute < EXCLUDED.minute THEN 0 ELSE a.used END,
           minute = greatest(a.minute, EXCLUDED.minute)
     RETURNING used,
       greatest(1, ceil(extract(epoch FROM minute + interval '1 minute' - clock_timestamp())))::int AS "resetsIn"`,
    [tenantId, subject],
  );
  return row!;
}
