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

/** SQLSTATE classes that pass by themselves: connection, transaction rollback, resources, operator, system. */
const TRANSIENT_STATES = new Set(['08', '40', '53', '57', '58']);
const TRANSIENT_CODES = new Set(['55P03', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND']);

/** True where the same work may succeed later as it is: the database was away, slow, or chose another to go first. */
export function isTransient(error: unknown): boolean {
  const e = error as { code?: unknown; driverError?: { code?: unknown }; message?: unknown };
  const code = String(e?.code ?? e?.driverError?.code ?? '');
  if (TRANSIENT_STATES.has(code.slice(0, 2)) || TRANSIENT_CODES.has(code)) return true;
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
    String(e?.message ?? ''),
  );
}

/** The constraint that a unique violation named; undefined for other errors. */
export function violatedConstraint(error: unknown): string | undefined {
  const driver = (error as { driverError?: { code?: unknown; constraint?: string } })?.driverError;
  return driver?.code === '23505' ? driver.constraint : undefined;
}
