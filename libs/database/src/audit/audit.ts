import type { AuditEntryView, AuditQuery, Principal } from '@scrm/contracts';
import { currentTrace } from '@scrm/platform';
import type { EntityManager } from 'typeorm';

/** Who did it: somebody who is signed in, whoever runs the system, or it itself. */
export type Actor =
  | { kind: 'agent' | 'api-key'; id: string; tenantId: string }
  | { kind: 'operator' | 'system'; id?: undefined; tenantId: string };

export interface AuditRecord {
  by: Actor;
  /** `<what>.<past tense>`, e.g. `team.created`. */
  action: string;
  target: { kind: string; id: string };
  /** What it was and is: ids and settings, and nothing that a customer said or is called by. */
  before?: object | null;
  after?: object | null;
}

/** What takes a statement with its values: an entity manager, or a transaction of the roads. */
interface Database {
  query(text: string, values: unknown[]): Promise<unknown>;
}

const INSERT = `
  INSERT INTO audit_entry (tenant_id, actor_kind, actor_id, ip, user_agent, action, target_kind, target_id,
                           before, after, trace_id)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`;

export const actorOf = ({
  tenantId,
  agentId,
  kind = 'agent',
}: Pick<Principal, 'tenantId' | 'agentId' | 'kind'>): Actor => ({
  kind,
  id: agentId,
  tenantId,
});

/**
 * Adds to the trail, in the transaction of what it tells of: both are there, or neither. The tenant's other entries wait
 * for the end of the transaction, so it comes last. Where from is what the gateway saw of the request.
 */
export async function recordAudit(database: Database, record: AuditRecord): Promise<void> {
  const { by, action, target, before = null, after = null } = record;
  const { traceId = null, origin } = currentTrace() ?? {};
  await database.query(INSERT, [
    ...[by.tenantId, by.kind, by.id ?? null, origin?.ip ?? null, origin?.userAgent ?? null],
    ...[action, target.kind, target.id, before && JSON.stringify(before), after && JSON.stringify(after)],
    traceId,
  ]);
}

/** What differs, as it was and as it is; undefined where nothing does. */
export function difference<T extends object>(
  before: T,
  after: T,
): { before: Partial<T>; after: Partial<T> } | undefined {
  const keys = (Object.keys(after) as (keyof T)[]).filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
  const of = (state: T) => Object.fromEntries(keys.map((key) => [key, state[key]])) as Partial<T>;
  return keys.length > 0 ? { before: of(before), after: of(after) } : undefined;
}

interface AuditRow extends Record<'ip' | 'user_agent' | 'actor_id' | 'trace_id', string | null> {
  seq: string;
  at: Date;
  actor_kind: AuditEntryView['actor']['kind'];
  action: string;
  target_kind: string;
  target_id: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  previous_hash: Buffer;
  hash: Buffer;
}

/** The newest first, of the tenant whose transaction it is; `query.before` is the number of the last one shown. */
export async function auditPage(manager: EntityManager, query: AuditQuery): Promise<AuditEntryView[]> {
  const {
    before = null,
    limit,
    actorId = null,
    action = null,
    targetId = null,
    from = null,
    to = null,
  } = query;
  const rows = await manager.query<AuditRow[]>(
    `SELECT * FROM audit_entry
      WHERE tenant_id = current_setting('scrm.tenant_id')::uuid
        AND ($1::bigint IS NULL OR seq < $1)
        AND ($2::uuid IS NULL OR actor_id = $2) AND ($3::text IS NULL OR action = $3)
        AND ($4::text IS NULL OR target_id = $4)
        AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::timestamptz IS NULL OR at < $6)
      ORDER BY seq DESC LIMIT $7`,
    [before, actorId, action, targetId, from, to, limit],
  );
  return rows.map((row) => ({
    seq: Number(row.seq),
    at: row.at.toISOString(),
    actor: { kind: row.actor_kind, id: row.actor_id },
    ip: row.ip,
    userAgent: row.user_agent,
    action: row.action,
    target: { kind: row.target_kind, id: row.target_id },
    before: row.before,
    after: row.after,
    traceId: row.trace_id,
    previousHash: row.previous_hash.toString('hex'),
    hash: row.hash.toString('hex'),
  }));
}
