import { Inject, Injectable } from '@nestjs/common';
import { isBuiltIn, ROLE_GRANTS, type Grants, type Role as RoleRef } from '@scrm/contracts';
import { inTenant } from '@scrm/database';
import type { DataSource, EntityManager } from 'typeorm';
import { IDENTITY_DB } from '../db/data-source';
import type { RoleColumns } from './role.entity';

/** A role of the tenant's own, and how many agents have it. */
export interface OwnRole {
  id: string;
  name: string;
  grants: Grants;
  agents: number;
}

const OWN_ROLE = `SELECT r.id, r.name, r.grants,
       (SELECT count(*)::int FROM agent a WHERE a.role_id = r.id) AS agents
  FROM role r`;

@Injectable()
export class RoleRepository {
  constructor(@Inject(IDENTITY_DB) private readonly db: DataSource) {}

  /** All of `work` in one transaction that sees only this tenant. */
  inTenant<T>(tenantId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTenant(this.db, tenantId, work);
  }

  list(tenantId: string, q: string | undefined): Promise<{ own: OwnRole[]; agents: Map<string, number> }> {
    return this.inTenant(tenantId, async (manager) => {
      const own = await manager.query<OwnRole[]>(
        `${OWN_ROLE} WHERE $1::text IS NULL OR starts_with(lower(r.name), lower($1)) ORDER BY r.name`,
        [q ?? null],
      );
      const counted = await manager.query<{ role: string; agents: number }[]>(
        'SELECT role, count(*)::int AS agents FROM agent GROUP BY role',
      );
      return { own, agents: new Map(counted.map(({ role, agents }) => [role, agents])) };
    });
  }
}

/** Locked until the end of the transaction: nobody comes to have it, or is changed by it, meanwhile. */
export async function lockRole(manager: EntityManager, id: string): Promise<OwnRole | undefined> {
  const found = await manager.query<unknown[]>('SELECT 1 FROM role WHERE id = $1 FOR UPDATE', [id]);
  if (found.length === 0) return undefined;
  const [role] = await manager.query<OwnRole[]>(`${OWN_ROLE} WHERE r.id = $1`, [id]);
  return role;
}

/**
 * What a role allows; null where the tenant has none of this id. One of the tenant's own stays as it is until the end of
 * the transaction: take it before agents, as everywhere, so that two changes never wait for each other in a circle.
 */
export async function keepGrants(manager: EntityManager, role: RoleRef): Promise<Grants | null> {
  if (isBuiltIn(role)) return ROLE_GRANTS[role];
  const [found] = await manager.query<{ grants: Grants }[]>(
    'SELECT grants FROM role WHERE id = $1 FOR KEY SHARE',
    [role],
  );
  return found?.grants ?? null;
}

/** The same without a lock, of a role that an agent has. */
export async function readGrants(manager: EntityManager, { role, roleId }: RoleColumns): Promise<Grants> {
  if (role !== 'custom') return ROLE_GRANTS[role];
  const [found] = await manager.query<{ grants: Grants }[]>('SELECT grants FROM role WHERE id = $1', [
    roleId,
  ]);
  return found!.grants;
}

export const columnsOf = (role: RoleRef): RoleColumns =>
  isBuiltIn(role) ? { role, roleId: null } : { role: 'custom', roleId: role };

/** Locked in the order of their ids. */
export async function lockHolders(manager: EntityManager, roleId: string): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    'SELECT id FROM agent WHERE role_id = $1 ORDER BY id FOR UPDATE',
    [roleId],
  );
  return rows.map(({ id }) => id);
}

/** What the tenant asks of those who have it goes with a role: whoever sends the rest again would hear that it is gone. */
export async function forgetRole(manager: EntityManager, tenantId: string, roleId: string): Promise<void> {
  await manager.query(
    `UPDATE tenant SET mfa_required_roles = array_remove(mfa_required_roles, $2)
      WHERE id = $1 AND $2 = ANY(mfa_required_roles)`,
    [tenantId, roleId],
  );
}
