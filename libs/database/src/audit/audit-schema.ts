import { tenantIsolation } from '../migrate';

/**
 * What an entry's hash is over, besides the hash before it. Postgres makes the text when the entry comes in, and again
 * when the chain is verified: a value that was changed in between makes another text.
 */
export const AUDIT_CONTENT = (row: string) =>
  `jsonb_build_array(${[
    ...[
      'tenant_id',
      'seq',
      'actor_kind',
      'actor_id',
      'ip',
      'user_agent',
      'action',
      'target_kind',
      'target_id',
    ],
    ...['before', 'after', 'trace_id'],
  ]
    .map((column) => `${row}.${column}`)
    .join(', ')}, extract(epoch FROM ${row}.at))::text`;

/** What whoever writes an entry says; the rest is the database's. */
const SAID =
  'tenant_id, actor_kind, actor_id, ip, user_agent, action, target_kind, target_id, before, after, trace_id';

/**
 * The table of a service's audit trail, for its migrations. Entries of a tenant are numbered without gaps, in the order
 * of their commits, and each holds the hash of the one before: what is changed or taken out later shows. Nobody
 * updates or deletes, the tables' owner included; roles may add, and say neither number, time nor hash.
 *
 * @param roles.writers roles that write entries, besides app and system; they act for any tenant
 */
export function auditTrail(roles: { app: string; system: string; writers?: string[] }): string[] {
  const writers = roles.writers ?? [];
  return [
    `CREATE TABLE audit_entry (
      tenant_id uuid NOT NULL,
      seq bigint NOT NULL,
      at timestamptz NOT NULL,
      actor_kind text NOT NULL,
      actor_id uuid,
      ip text,
      user_agent text,
      action text NOT NULL,
      target_kind text NOT NULL,
      target_id text NOT NULL,
      before jsonb,
      after jsonb,
      trace_id text,
      previous_hash bytea NOT NULL,
      hash bytea NOT NULL,
      CONSTRAINT audit_entry_pk PRIMARY KEY (tenant_id, seq)
    )`,
    `CREATE INDEX audit_entry_actor ON audit_entry (tenant_id, actor_id, seq)`,
    `CREATE INDEX audit_entry_target ON audit_entry (tenant_id, target_id, seq)`,
    `CREATE INDEX audit_entry_action ON audit_entry (tenant_id, action, seq)`,
    `CREATE INDEX audit_entry_at ON audit_entry (tenant_id, at, seq)`,
    // One after the other for a tenant: the lock goes with the transaction, so the number before it is committed.
    `CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
     DECLARE last audit_entry;
     BEGIN
       PERFORM pg_advisory_xact_lock(hashtextextended('audit:' || NEW.tenant_id, 0));
       SELECT * INTO last FROM audit_entry WHERE tenant_id = NEW.tenant_id ORDER BY seq DESC LIMIT 1;
       NEW.seq := COALESCE(last.seq, 0) + 1;
       NEW.at := clock_timestamp();
       NEW.previous_hash := COALESCE(last.hash, ''::bytea);
       NEW.hash := sha256(NEW.previous_hash || convert_to(${AUDIT_CONTENT('NEW')}, 'UTF8'));
       RETURN NEW;
     END $$`,
    `CREATE TRIGGER audit_entry_chain BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_chain()`,
    `CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN RAISE EXCEPTION 'the audit trail is only added to'; END $$`,
    `CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
       FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept()`,
    ...tenantIsolation('audit_entry', roles),
    `GRANT SELECT, INSERT (${SAID}) ON audit_entry TO ${roles.app}, ${roles.system}`,
    ...writers.flatMap((role) => [
      `CREATE POLICY ${role} ON audit_entry TO ${role} USING (true) WITH CHECK (true)`,
      `GRANT SELECT, INSERT (${SAID}) ON audit_entry TO ${role}`,
    ]),
  ];
}

export const DROP_AUDIT_TRAIL = [
  'DROP TABLE audit_entry',
  'DROP FUNCTION audit_chain()',
  'DROP FUNCTION audit_is_kept()',
];
