import { randomBytes } from 'node:crypto';
import { WrappedKeyError, type KeyWrapper } from '@scrm/platform';
import type { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { dataKeyIdOf, openWith, sealWith, type DataKey, type SealedPlace } from './sealed-value';

/** Data keys that are kept unwrapped in memory. */
const KNOWN_KEYS = 1_000;

interface WrappedRow {
  id: string;
  tenantId: string;
  wrapped: Buffer;
  masterKeyId: string;
}

const ROW = `id, tenant_id AS "tenantId", wrapped, master_key_id AS "masterKeyId"`;

/** The value was changed, belongs elsewhere, or its key is gone: it will not open by itself. */
export class SealedValueError extends Error {
  override readonly name = 'SealedValueError';
}

/**
 * Seals secrets of tenants for the database: each with a key of its tenant, bound to its row, so that a value fits
 * nowhere else. The keys lie beside them, wrapped by a master key.
 */
export class KeyVault {
  /** By id, the one that was used last at the end. */
  private readonly keys = new Map<string, Promise<Buffer>>();
  private isChecked = false;

  /** @param system a pool of the role that acts for all tenants @param schema the service's: keys unwrap for no other */
  constructor(
    private readonly system: DataSource,
    private readonly schema: string,
    private readonly wrapper: KeyWrapper,
  ) {}

  /** Makes the tenant's first key where it has none. @throws MasterKeyError */
  async seal(secret: string, place: SealedPlace): Promise<Buffer> {
    const active = (await this.active(place.tenantId)) ?? (await this.first(place.tenantId));
    return sealWith({ id: active.id, key: await this.unwrapped(active) }, secret, place);
  }

  /** @throws SealedValueError, MasterKeyError */
  async open(sealed: Buffer, place: SealedPlace): Promise<string> {
    const id = dataKeyIdOf(sealed);
    const key = id && (await this.keyOf(id, place.tenantId));
    if (!key) throw new SealedValueError(`no key of the tenant opens ${place.column} of ${place.rowId}`);
    try {
      return openWith(key, sealed, place);
    } catch {
      throw new SealedValueError(
        `${place.column} of ${place.rowId} was changed, or moved there: it does not open`,
      );
    }
  }

  /** For readiness: the settings have each master key that is in use. Once is enough. @throws MasterKeyError */
  async check(): Promise<void> {
    if (this.isChecked) return;
    const rows = await this.system.query<WrappedRow[]>(
      `SELECT DISTINCT ON (master_key_id) ${ROW} FROM tenant_key ORDER BY master_key_id`,
    );
    for (const row of rows) await this.wrapper.unwrap(row, this.contextOf(row)).catch(unlessChanged);
    this.isChecked = true;
  }

  /** The key that takes the place of the tenant's present one. */
  async replaceKey(tenantId: string): Promise<DataKey> {
    const { key, ...row } = await this.wrappedKey(tenantId);
    await this.system.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
        `tenant_key ${tenantId}`,
      ]);
      await manager.query(
        'UPDATE tenant_key SET retired_at = now() WHERE tenant_id = $1 AND retired_at IS NULL',
        [tenantId],
      );
      await manager.query(INSERT, valuesOf(row));
    });
    return { id: row.id, key };
  }

  /**
   * Wraps all keys with the present master key, a few at a time. What they seal is not touched.
   *
   * @returns how many were wrapped by another one, and those that do not unwrap and stay as they are
   * @throws MasterKeyError
   */
  async rewrap(): Promise<{ rewrapped: number; unreadable: string[] }> {
    const result = { rewrapped: 0, unreadable: [] as string[] };
    for (let after = NO_ID; ;) {
      const rows = await this.system.query<WrappedRow[]>(
        `SELECT ${ROW} FROM tenant_key WHERE id > $1 AND master_key_id <> $2 ORDER BY id LIMIT 100`,
        [after, this.wrapper.masterKeyId],
      );
      for (const row of rows) {
        const context = this.contextOf(row);
        const key = await this.wrapper.unwrap(row, context).catch(unlessChanged);
        if (!key) {
          result.unreadable.push(row.id);
          continue;
        }
        const { wrapped, masterKeyId } = await this.wrapper.wrap(key, context);
        await this.system.query('UPDATE tenant_key SET wrapped = $2, master_key_id = $3 WHERE id = $1', [
          row.id,
          wrapped,
          masterKeyId,
        ]);
        result.rewrapped++;
      }
      const last = rows.at(-1);
      if (!last) return result;
      after = last.id;
    }
  }

  private async active(tenantId: string): Promise<WrappedRow | undefined> {
    const [row] = await this.system.query<WrappedRow[]>(
      `SELECT ${ROW} FROM tenant_key WHERE tenant_id = $1 AND retired_at IS NULL`,
      [tenantId],
    );
    return row;
  }

  /** Two that make it at the same moment end with the same one. */
  private async first(tenantId: string): Promise<WrappedRow> {
    const { key: _, ...row } = await this.wrappedKey(tenantId);
    await this.system.query(
      `${INSERT} ON CONFLICT (tenant_id) WHERE retired_at IS NULL DO NOTHING`,
      valuesOf(row),
    );
    return (await this.active(tenantId))!;
  }

  private async wrappedKey(tenantId: string): Promise<WrappedRow & { key: Buffer }> {
    const [id, key] = [uuidv7(), randomBytes(32)];
    return { id, tenantId, key, ...(await this.wrapper.wrap(key, this.contextOf({ id, tenantId }))) };
  }

  private async keyOf(id: string, tenantId: string): Promise<Buffer | null> {
    const known = this.known(id, tenantId);
    if (known) return known;
    const [row] = await this.system.query<WrappedRow[]>(
      `SELECT ${ROW} FROM tenant_key WHERE id = $1 AND tenant_id = $2`,
      [id, tenantId],
    );
    return row ? this.unwrapped(row) : null;
  }

  private known(id: string, tenantId: string): Promise<Buffer> | undefined {
    const name = `${tenantId} ${id}`;
    const key = this.keys.get(name);
    if (!key) return undefined;
    this.keys.delete(name);
    this.keys.set(name, key);
    return key;
  }

  private unwrapped(row: WrappedRow): Promise<Buffer> {
    const known = this.known(row.id, row.tenantId);
    if (known) return known;
    const name = `${row.tenantId} ${row.id}`;
    const key = this.wrapper.unwrap(row, this.contextOf(row)).catch((error: Error) => {
      throw error instanceof WrappedKeyError ? new SealedValueError(error.message) : error;
    });
    if (this.keys.size >= KNOWN_KEYS) this.keys.delete(this.keys.keys().next().value!);
    this.keys.set(name, key);
    key.catch(() => this.keys.delete(name));
    return key;
  }

  private contextOf({ id, tenantId }: Pick<WrappedRow, 'id' | 'tenantId'>): string {
    return `${this.schema}.tenant_key ${tenantId} ${id}`;
  }
}

export const NO_ID = '00000000-0000-0000-0000-000000000000';
const unlessChanged = (error: Error): null => {
  if (error instanceof WrappedKeyError) return null;
  throw error;
};
const INSERT = 'INSERT INTO tenant_key (id, tenant_id, wrapped, master_key_id) VALUES ($1, $2, $3, $4)';
const valuesOf = ({ id, tenantId, wrapped, masterKeyId }: WrappedRow) => [id, tenantId, wrapped, masterKeyId];
