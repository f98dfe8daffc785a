import { Inject, Injectable } from '@nestjs/common';
import type { ApiKeyView, Permission } from '@scrm/contracts';
import { filtered, inTenant, SortedList, type PlaceIn } from '@scrm/database';
import type { DataSource, EntityManager } from 'typeorm';
import { IDENTITY_DB, IDENTITY_SYSTEM_DB } from '../db/data-source';

/** As it is read for its tenant. */
export interface KeyRow {
  id: string;
  name: string;
  permissions: Permission[];
  status: ApiKeyView['status'];
  createdBy: string;
  createdAt: Date;
  expiresAt: Date;
  lastUsedAt: Date | null;
}

/** A key that may be used, and what its access token says. */
export interface LiveKey {
  tenantId: string;
  tenantVersion: number;
  permissions: Permission[];
  /** Seconds until it expires. */
  left: number;
}

const STATUS = `CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.expires_at <= now() THEN 'expired' ELSE 'active' END`;
const COLUMNS = `k.id, k.name, k.permissions, ${STATUS} AS status, k.created_by AS "createdBy",
  k.created_at AS "createdAt", k.expires_at AS "expiresAt", k.last_used_at AS "lastUsedAt"`;

export type KeyOrder = 'createdAt' | 'name';

export const KEYS = new SortedList<KeyOrder, Pick<KeyRow, 'id' | 'name'>>({
  id: 'k.id',
  idOf: ({ id }) => id,
  orders: {
    createdAt: null,
    // As in the index: see the migration.
    name: { column: 'k.name COLLATE "und-x-icu"', value: ({ name }) => name },
  },
  byDefault: '-createdAt',
});

@Injectable()
export class ApiKeyRepository {
  constructor(
    @Inject(IDENTITY_DB) private readonly db: DataSource,
    @Inject(IDENTITY_SYSTEM_DB) private readonly system: DataSource,
  ) {}

  /** All of `work` in one transaction that sees only this tenant. */
  inTenant<T>(tenantId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTenant(this.db, tenantId, work);
  }

  /** One more than `limit`. */
  page(
    tenantId: string,
    place: PlaceIn<KeyOrder>,
    { limit, q, status }: { limit: number; q?: string; status?: string },
  ): Promise<KeyRow[]> {
    const values: unknown[] = [];
    const { where, orderBy } = KEYS.sql(place, values);
    const filters = filtered(values, [
      [q, (p) => `starts_with(lower(k.name), lower(${p}))`],
      [status, (p) => `${STATUS} = ${p}`],
    ]);
    return this.inTenant(tenantId, (manager) =>
      manager.query<KeyRow[]>(
        `SELECT ${COLUMNS} FROM api_key k WHERE ${where}${filters} ORDER BY ${orderBy} LIMIT ${limit + 1}`,
        values,
      ),
    );
  }

  /** Marks it as used, too. Undefined where the secret is another one, or it was revoked, has expired or is shut out. */
  async use({ id, hash }: { id: string; hash: Buffer }): Promise<LiveKey | undefined> {
    const [[row]] = await this.system.query<[LiveKey[], number]>(
      `UPDATE api_key k SET last_used_at = now() FROM tenant t
        WHERE k.id = $1 AND k.hash = $2 AND k.revoked_at IS NULL AND k.expires_at > now() + interval '1 second'
          AND t.id = k.tenant_id AND t.status = 'active'
       RETURNING k.tenant_id AS "tenantId", t.access_version AS "tenantVersion", k.permissions,
                 floor(extract(epoch FROM k.expires_at - now()))::int AS left`,
      [id, hash],
    );
    return row;
  }
}

/** How many of the tenant's keys can be used. */
export async function countLive(manager: EntityManager): Promise<number> {
  const [row] = await manager.query<{ n: number }[]>(
    'SELECT count(*)::int AS n FROM api_key WHERE revoked_at IS NULL AND expires_at > now()',
  );
  return row!.n;
}

export async function insertKey(
  manager: EntityManager,
  key: { id: string; tenantId: string; name: string; permissions: string[]; createdBy: string; days: number },
  hash: Buffer,
): Promise<KeyRow> {
  await manager.query(
    `INSERT INTO api_key (id, tenant_id, name, hash, permissions, created_by, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 day')`,
    [key.id, key.tenantId, key.name, hash, key.permissions, key.createdBy, key.days],
  );
  return (await findKey(manager, key.id))!;
}

export async function findKey(manager: EntityManager, id: string): Promise<KeyRow | undefined> {
  const [row] = await manager.query<KeyRow[]>(`SELECT ${COLUMNS} FROM api_key k WHERE k.id = $1`, [id]);
  return row;
}

/** @returns false where it was revoked before */
export async function revokeKey(manager: EntityManager, id: string): Promise<boolean> {
  const [, changed] = await manager.query<[unknown[], number]>(
    'UPDATE api_key SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL',
    [id],
  );
  return changed > 0;
}
