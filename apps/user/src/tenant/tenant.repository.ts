import { Inject, Injectable } from '@nestjs/common';
import { inTenant } from '@scrm/database';
import type { DataSource, EntityManager } from 'typeorm';
import { IDENTITY_DB } from '../db/data-source';
import { Tenant } from './tenant.entity';

export type TenantSettings = Omit<
  Tenant,
  'id' | 'status' | 'createdAt' | 'accessVersion' | 'accessChangedAt'
>;

@Injectable()
export class TenantRepository {
  constructor(@Inject(IDENTITY_DB) private readonly db: DataSource) {}

  /** All of `work` in one transaction that sees only this tenant. */
  inTenant<T>(tenantId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTenant(this.db, tenantId, work);
  }
}

export function findTenant(manager: EntityManager, id: string): Promise<Tenant> {
  return manager.findOneByOrFail(Tenant, { id });
}

/** @returns false where the settings are of another version by now */
export async function changeTenant(
  manager: EntityManager,
  { id, version }: Pick<Tenant, 'id' | 'version'>,
  change: Partial<TenantSettings>,
): Promise<boolean> {
  const { affected } = await manager.update(Tenant, { id, version }, { ...change, version: version + 1 });
  return affected === 1;
}
