import { Inject, Injectable } from '@nestjs/common';
import { inTenant } from '@scrm/database';
import type { DataSource, EntityManager } from 'typeorm';
import { IDENTITY_DB, IDENTITY_SYSTEM_DB } from '../db/data-source';
import { ROLE_OF } from '../role/role.entity';

/** An authenticator with what only the system role may read of it. */
export interface Factor {
  id: string;
  tenantId: string;
  seed: Buffer;
  isConfirmed: boolean;
}

/** What a right code is good for, once. */
export type Match = { step: number; totpId: string } | { recovery: Buffer };

/** Whom it is about, as an authenticator shows them. */
interface Labels {
  email: string;
  tenantName: string;
}

@Injectable()
export class MfaRepository {
  constructor(
    @Inject(IDENTITY_DB) private readonly db: DataSource,
    @Inject(IDENTITY_SYSTEM_DB) private readonly system: DataSource,
  ) {}

  /** All of `work` in one transaction that sees only this tenant. */
  inTenant<T>(tenantId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTenant(this.db, tenantId, work);
  }

  /** All of `work` in one transaction of the system role. */
  inSystem<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.system.transaction(work);
  }

  async factor(agentId: string): Promise<Factor | undefined> {
    const [row] = await this.system.query<Factor[]>(
      `SELECT id, tenant_id AS "tenantId", seed, confirmed_at IS NOT NULL AS "isConfirmed"
         FROM mfa_totp WHERE agent_id = $1`,
      [agentId],
    );
    return row;
  }

  async labels(agentId: string): Promise<Labels> {
    const [row] = await this.system.query<Labels[]>(
      `SELECT a.email, t.name AS "tenantName" FROM agent a JOIN tenant t ON t.id = a.tenant_id WHERE a.id = $1`,
      [agentId],
    );
    return row!;
  }

  state(tenantId: string, agentId: string) {
    return this.inTenant(tenantId, async (manager) => {
      const [row] = await manager.query<{ enabledAt: Date | null; left: number; required: boolean }[]>(
        `SELECT (SELECT confirmed_at FROM mfa_totp f WHERE f.agent_id = a.id) AS "enabledAt",
                (SELECT count(*)::int FROM recovery_code c WHERE c.agent_id = a.id) AS left,
                ${ROLE_OF} = ANY(t.mfa_required_roles) AS required
           FROM agent a JOIN tenant t ON t.id = a.tenant_id WHERE a.id = $1`,
        [agentId],
      );
      return row;
    });
  }
}

/**
 * Uses up what matched: of two that come with the same code at the same moment one does, and no code of an earlier step
 * is good any more.
 *
 * @returns false where it was used before
 */
export async function useUp(manager: EntityManager, agentId: string, match: Match): Promise<boolean> {
  const [, used] =
    'recovery' in match
      ? await manager.query<[unknown[], number]>(
          'DELETE FROM recovery_code WHERE agent_id = $1 AND hash = $2',
          [agentId, match.recovery],
        )
      : await manager.query<[unknown[], number]>(
          `UPDATE mfa_totp SET last_step = $2
            WHERE id = $1 AND confirmed_at IS NOT NULL AND (last_step IS NULL OR last_step < $2)`,
          [match.totpId, match.step],
        );
  return used > 0;
}

/** A factor that does not count yet, in place of such a one. @returns false where there is one that counts */
export async function insertFactor(
  manager: EntityManager,
  { id, tenantId, agentId, seed }: { id: string; tenantId: string; agentId: string; seed: Buffer },
): Promise<boolean> {
  await manager.query('DELETE FROM mfa_totp WHERE agent_id = $1 AND confirmed_at IS NULL', [agentId]);
  const rows = await manager.query<unknown[]>(
    `INSERT INTO mfa_totp (id, tenant_id, agent_id, seed) VALUES ($1, $2, $3, $4)
     ON CONFLICT (agent_id) DO NOTHING RETURNING id`,
    [id, tenantId, agentId, seed],
  );
  return rows.length > 0;
}

/** @returns false where somebody was faster */
export async function confirmFactor(manager: EntityManager, id: string, step: number): Promise<boolean> {
  const [, changed] = await manager.query<[unknown[], number]>(
    'UPDATE mfa_totp SET confirmed_at = now(), last_step = $2 WHERE id = $1 AND confirmed_at IS NULL',
    [id, step],
  );
  return changed > 0;
}

/** @returns false where there is none */
export async function deleteFactor(manager: EntityManager, agentId: string): Promise<boolean> {
  await manager.query('DELETE FROM recovery_code WHERE agent_id = $1', [agentId]);
  const [, deleted] = await manager.query<[unknown[], number]>('DELETE FROM mfa_totp WHERE agent_id = $1', [
    agentId,
  ]);
  return deleted > 0;
}

/** In place of those before. */
export async function replaceRecoveryCodes(
  manager: EntityManager,
  { tenantId, agentId }: { tenantId: string; agentId: string },
  hashes: Buffer[],
): Promise<void> {
  await manager.query('DELETE FROM recovery_code WHERE agent_id = $1', [agentId]);
  await manager.query(
    'INSERT INTO recovery_code (tenant_id, agent_id, hash) SELECT $1, $2, unnest($3::bytea[])',
    [tenantId, agentId, hashes],
  );
}
