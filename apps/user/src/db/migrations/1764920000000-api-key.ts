import { tenantIsolation } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, SYSTEM_ROLE } from '../roles';

/** Machines come with keys of their own. */
export class ApiKey1764920000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE request_allowance');
    await runner.query('DROP TABLE api_key');
  }
}

const roles = { app: APP_ROLE, system: SYSTEM_ROLE };
const UP = [
  `CREATE TABLE api_key (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    hash bytea NOT NULL,
    permissions text[] NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_key_pk PRIMARY KEY (id),
    CONSTRAINT api_key_created_by_fk FOREIGN KEY (tenant_id, created_by) REFERENCES agent (tenant_id, id)
  )`,
  `CREATE INDEX api_key_tenant ON api_key (tenant_id, id)`,
  `CREATE INDEX api_key_by_name ON api_key (tenant_id, name COLLATE "und-x-icu", id)`,
  `CREATE INDEX api_key_revoked ON api_key (revoked_at)`,
  ...tenantIsolation('api_key', roles),
  // Everything but the hash.
  `GRANT SELECT (id, tenant_id, name, permissions, created_by, created_at, expires_at, last_used_at, revoked_at)
     ON api_key TO ${APP_ROLE}`,
  `GRANT INSERT, UPDATE (revoked_at) ON api_key TO ${APP_ROLE}`,
  `GRANT SELECT, UPDATE (last_used_at) ON api_key TO ${SYSTEM_ROLE}`,
  // Counts of this minute: not worth a log that survives a crash.
  `CREATE UNLOGGED TABLE request_allowance (
    tenant_id uuid NOT NULL,
    subject uuid NOT NULL,
    minute timestamptz NOT NULL,
    used integer NOT NULL,
    CONSTRAINT request_allowance_pk PRIMARY KEY (tenant_id, subject)
  )`,
  ...tenantIsolation('request_allowance', roles),
  `GRANT SELECT, INSERT, UPDATE (minute, used) ON request_allowance TO ${SYSTEM_ROLE}`,
];
