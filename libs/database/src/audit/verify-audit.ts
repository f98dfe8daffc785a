import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { AUDIT_CONTENT } from './audit-schema';

/** The last entry of a tenant's trail: whoever keeps it elsewhere sees later whether the end was cut off. */
export interface AuditHead {
  seq: number;
  /** Hex. */
  hash: string;
}

export type AuditVerdict = { tenantId: string; entries: number } & (
  | { ok: true; head: AuditHead | null }
  /** `seq`: the first entry that is not as it was written, or is not there. */
  | { ok: false; seq: number; problem: string }
);

const BATCH = 1_000;

type EntryRow = Record<'seq' | 'previous' | 'hash' | 'content', string>;

/** The tenants that have a trail. */
export async function auditedTenants(database: DataSource): Promise<string[]> {
  const rows = await database.query<{ id: string }[]>(
    'SELECT DISTINCT tenant_id AS id FROM audit_entry ORDER BY 1',
  );
  return rows.map(({ id }) => id);
}

/**
 * Goes through a tenant's trail from its first entry, and makes each hash anew, here and not in the database.
 *
 * @param database a role that sees all tenants
 * @param kept a head from before: the entry must still be there, as it was
 */
export async function verifyAudit(
  database: DataSource,
  tenantId: string,
  kept?: AuditHead,
): Promise<AuditVerdict> {
  let head: AuditHead | null = null;
  const broken = (seq: number, problem: string): AuditVerdict => ({
    ...{ tenantId, entries: head?.seq ?? 0, ok: false as const, seq, problem },
  });
  for (;;) {
    const rows: EntryRow[] = await database.query(
      `SELECT e.seq, encode(e.previous_hash, 'hex') AS previous, encode(e.hash, 'hex') AS hash,
              ${AUDIT_CONTENT('e')} AS content
         FROM audit_entry e WHERE e.tenant_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT ${BATCH}`,
      [tenantId, head?.seq ?? 0],
    );
    for (const row of rows) {
      const seq: number = Number(row.seq);
      const next: number = (head?.seq ?? 0) + 1;
      if (seq !== next) return broken(next, 'it is missing');
      const hash = createHash('sha256')
        .update(Buffer.from(row.previous, 'hex'))
        .update(row.content)
        .digest('hex');
      if (hash !== row.hash) return broken(seq, 'it was changed');
      if (row.previous !== (head?.hash ?? '')) return broken(seq, 'it does not follow the entry before it');
      if (kept?.seq === seq && kept.hash !== hash) return broken(seq, 'it is not the one that was kept');
      head = { seq, hash };
    }
    if (rows.length < BATCH) break;
  }
  if (kept && kept.seq > (head?.seq ?? 0)) return broken((head?.seq ?? 0) + 1, 'the end was cut off');
  return { tenantId, entries: head?.seq ?? 0, ok: true, head };
}
