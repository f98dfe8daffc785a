import { Inject, Injectable } from '@nestjs/common';
import type { Revocation } from '@scrm/contracts';
import { inTenant } from '@scrm/database';
import type { DataSource, EntityManager } from 'typeorm';
import { IDENTITY_DB } from '../db/data-source';
import { SsoConnection } from './sso-connection.entity';

/** What an admin sees and does of their own tenant's connection. */
@Injectable()
export class SsoConnectionRepository {
  constructor(@Inject(IDENTITY_DB) private readonly db: DataSource) {}

  /** All of `work` in one transaction that sees only this tenant. */
  inTenant<T>(tenantId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTenant(this.db, tenantId, work);
  }
}

export const findConnection = (manager: EntityManager, tenantId: string) =>
  manager.findOneBy(SsoConnection, { tenantId });

/** @param secret null: the one that is there stays */
export async function saveConnection(
  manager: EntityManager,
  { tenantId, issuer, clientId, domains, enabled, enforced }: Omit<SsoConnection, 'clientSecret'>,
  secret: Buffer | null,
) {
  const values = [tenantId, issuer, clientId, domains, enabled, enforced];
  if (secret)
    await manager.query(
      `INSERT INTO sso_connection (tenant_id, issuer, client_id, domains, enabled, enforced, client_secret)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (tenant_id) DO UPDATE
          SET issuer = $2, client_id = $3, domains = $4, enabled = $5, enforced = $6, client_secret = $7`,
      [...values, secret],
    );
  else
    await manager.query(
      `UPDATE sso_connection SET issuer = $2, client_id = $3, domains = $4, enabled = $5, enforced = $6
        WHERE tenant_id = $1`,
      values,
    );
}

export async function deleteConnection(manager: EntityManager, tenantId: string) {
  await manager.query('DELETE FROM sso_identity WHERE tenant_id = $1', [tenantId]);
  await manager.query('DELETE FROM sso_connection WHERE tenant_id = $1', [tenantId]);
}

/** Of all who came in by it. The connection's row is locked by now: whoever comes in at this moment waits, and is out. */
export async function endSsoSessions(manager: EntityManager): Promise<Revocation[]> {
  const [ended] = await manager.query<[{ id: string }[], number]>(
    'UPDATE session SET revoked_at = now() WHERE by_sso AND revoked_at IS NULL RETURNING id',
  );
  return ended.map(({ id }) => ({ kind: 'session', id }));
}
