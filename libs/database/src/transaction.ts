import type { DataSource, EntityManager } from 'typeorm';

/**
 * Runs `work` in one transaction that sees only this tenant's rows: the policies read the setting, and the setting
 * ends with the transaction, so a pooled connection never carries a tenant over.
 */
export function inTenant<T>(
  dataSource: DataSource,
  tenantId: string,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  return dataSource.transaction(async (manager) => {
    await manager.query(`SELECT set_config('scrm.tenant_id', $1, true)`, [tenantId]);
    return work(manager);
  });
}

/** The constraint that a unique violation named; undefined for other errors. */
export function violatedConstraint(error: unknown): string | undefined {
  const driver = (error as { driverError?: { code?: unknown; constraint?: string } })?.driverError;
  return driver?.code === '23505' ? driver.constraint : undefined;
}
