import type { DataSource } from 'typeorm';
import { NO_ID, SealedValueError, type KeyVault } from './key-vault';
import { notSealedWith, notSealedWithAnyKey, sealWith, type SealedPlace } from './sealed-value';

/** A column with sealed secrets of tenants, in a table with `tenant_id`. */
export interface SealedColumn {
  table: string;
  /** What names a row: `id` where it is not said. */
  key?: string;
  column: string;
  /** Opens a value, also of an older form. */
  open: (sealed: Buffer, place: SealedPlace) => Promise<string>;
}

/** What became of a tenant's values. */
export interface Rotation {
  tenantId: string;
  resealed: number;
  /** Rows whose value does not open: they stay as they are. */
  unreadable: string[];
}

const BATCH = 100;

/**
 * Gives the tenant a new key and seals its values again with it, a few at a time. Services go on meanwhile: they open
 * values of both keys, and one that changes at this moment is left as its writer wants it.
 */
export async function rotateTenantKey(
  system: DataSource,
  vault: KeyVault,
  tenantId: string,
  columns: SealedColumn[],
): Promise<Rotation> {
  await vault.check();
  const key = await vault.replaceKey(tenantId);
  const result: Rotation = { tenantId, resealed: 0, unreadable: [] };
  for (const { table, key: id = 'id', column, open } of columns) {
    for (let after = NO_ID; ;) {
      const rows = await system.query<{ rowId: string; sealed: Buffer }[]>(
        `SELECT ${id} AS "rowId", ${column} AS sealed FROM ${table}
          WHERE tenant_id = $1 AND ${id} > $2 AND ${notSealedWith(column, '$3')} ORDER BY ${id} LIMIT ${BATCH}`,
        [tenantId, after, key.id],
      );
      for (const { rowId, sealed } of rows) {
        const place = { tenantId, column: `${table}.${column}`, rowId };
        const secret = await open(sealed, place).catch((error: unknown) => {
          if (error instanceof SealedValueError) return null;
          throw error;
        });
        if (secret === null) {
          result.unreadable.push(rowId);
          continue;
        }
        const [, changed] = await system.query<[unknown[], number]>(
          `UPDATE ${table} SET ${column} = $3 WHERE ${id} = $1 AND ${column} = $2`,
          [rowId, sealed, sealWith(key, secret, place)],
        );
        result.resealed += changed;
      }
      const last = rows.at(-1);
      if (!last) break;
      after = last.rowId;
    }
  }
  return result;
}

/** How many values no data key seals: they are of before there were any, and need the master key of then. */
export async function countWithoutDataKey(system: DataSource, columns: SealedColumn[]): Promise<number> {
  let count = 0;
  for (const { table, column } of columns) {
    const [row] = await system.query<{ n: number }[]>(
      `SELECT count(*)::int AS n FROM ${table} WHERE ${notSealedWithAnyKey(column)}`,
    );
    count += row!.n;
  }
  return count;
}

/** The tenants that have sealed values, or a key for them. */
export async function tenantsWithSecrets(system: DataSource, columns: SealedColumn[]): Promise<string[]> {
  const tables = ['tenant_key', ...columns.map(({ table }) => table)];
  const rows = await system.query<{ id: string }[]>(
    `${tables.map((table) => `SELECT tenant_id AS id FROM ${table}`).join(' UNION ')} ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}
