import { randomBytes } from 'node:crypto';
import type { Revocation } from '@scrm/contracts';
import { recordAudit } from '@scrm/database';
import type { DataSource, EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { hashPassword } from '../password/password.service';

/** What whoever runs the system sees of a tenant. */
export interface TenantState {
  id: string;
  name: string;
  status: 'active' | 'suspended';
  createdAt: Date;
  agents: number;
}

/** All tenants, suspended ones first; by the provisioning role, as no tenant asks. */
export function listTenants(database: DataSource): Promise<TenantState[]> {
  return database.query<TenantState[]>(
    `SELECT t.id, t.name, t.status, t.created_at AS "createdAt",
            (SELECT count(*)::int FROM agent a WHERE a.tenant_id = t.id AND a.status = 'active') AS agents
       FROM tenant t ORDER BY t.status DESC, t.id`,
  );
}

/**
 * A tenant with its first admin.
 *
 * @param email lower case
 * @returns also the password, which is kept nowhere
 * @throws where the email is taken
 */
export async function createTenant(database: DataSource, name: string, email: string) {
  const [tenantId, agentId] = [uuidv7(), uuidv7()];
  const password = randomBytes(18).toString('base64url');
  const hash = await hashPassword(password);
  await database.transaction(async (manager) => {
    await manager.query('INSERT INTO tenant (id, name) VALUES ($1, $2)', [tenantId, name]);
    await manager.query(
      `INSERT INTO agent (id, tenant_id, name, email, password_hash, role) VALUES ($1, $2, $3, $3, $4, 'admin')`,
      [agentId, tenantId, email, hash],
    );
    await recordTenant(manager, tenantId, { action: 'tenant.created', after: { name, adminId: agentId } });
  });
  return { tenantId, agentId, email, password };
}

/**
 * A suspended tenant's people are out: their access tokens end, and nobody signs in or refreshes. What its customers
 * write is kept all the same.
 *
 * @returns what ended; null where there is no such tenant, or nothing changed
 */
export function setTenantStatus(
  database: DataSource,
  id: string,
  status: TenantState['status'],
): Promise<Revocation | null> {
  return database.transaction(async (manager) => {
    const [[row]] = await manager.query<[{ version: number }[], number]>(
      `UPDATE tenant SET status = $2, access_version = access_version + 1, access_changed_at = now()
        WHERE id = $1 AND status <> $2 RETURNING access_version AS version`,
      [id, status],
    );
    if (!row) return null;
    await recordTenant(manager, id, { action: status === 'active' ? 'tenant.resumed' : 'tenant.suspended' });
    return { kind: 'tenant', id, version: row.version };
  });
}

function recordTenant(manager: EntityManager, id: string, told: { action: string; after?: object }) {
  const target = { kind: 'tenant', id };
  return recordAudit(manager, { by: { kind: 'operator', tenantId: id }, target, ...told });
}
