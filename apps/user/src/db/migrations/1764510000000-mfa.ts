import { tenantIsolation } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, SYSTEM_ROLE } from '../roles';

/** A second factor for agents; a tenant may ask it of roles. */
export class Mfa1764510000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['sign_in_challenge', 'recovery_code', 'mfa_totp'])
      await runner.query(`DROP TABLE ${table}`);
    await runner.query('ALTER TABLE tenant DROP COLUMN mfa_required_roles');
  }
}

const AGENT = (table: string) => `CONSTRAINT ${table}_agent_fk FOREIGN KEY (tenant_id, agent_id)
      REFERENCES agent (tenant_id, id) ON DELETE CASCADE`;

const UP = [
  `ALTER TABLE tenant ADD COLUMN mfa_required_roles text[] NOT NULL DEFAULT '{}'`,
  `CREATE TABLE mfa_totp (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    seed bytea NOT NULL,
    confirmed_at timestamptz,
    last_step integer,
    CONSTRAINT mfa_totp_pk PRIMARY KEY (id),
    CONSTRAINT mfa_totp_agent_id UNIQUE (agent_id),
    ${AGENT('mfa_totp')}
  )`,
  `CREATE INDEX mfa_totp_tenant ON mfa_totp (tenant_id, id)`,
  `CREATE TABLE recovery_code (
    agent_id uuid NOT NULL,
    hash bytea NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT recovery_code_pk PRIMARY KEY (agent_id, hash),
    ${AGENT('recovery_code')}
  )`,
  `CREATE TABLE sign_in_challenge (
    hash bytea NOT NULL,
    tenant_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    kind text NOT NULL,
    password_digest bytea NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL,
    CONSTRAINT sign_in_challenge_pk PRIMARY KEY (hash),
    CONSTRAINT sign_in_challenge_kind CHECK (kind IN ('code', 'enrolment')),
    ${AGENT('sign_in_challenge')}
  )`,
  `CREATE INDEX sign_in_challenge_agent ON sign_in_challenge (agent_id, expires_at)`,
  ...['mfa_totp', 'recovery_code', 'sign_in_challenge'].flatMap((table) =>
    tenantIsolation(table, { app: APP_ROLE, system: SYSTEM_ROLE }),
  ),
  // Who sets a factor up or takes it away reads neither its seed nor its codes.
  `GRANT SELECT (id, tenant_id, agent_id, confirmed_at, last_step), INSERT, DELETE,
     UPDATE (confirmed_at, last_step) ON mfa_totp TO ${APP_ROLE}`,
  `GRANT SELECT (tenant_id, agent_id), INSERT, DELETE ON recovery_code TO ${APP_ROLE}`,
  `GRANT UPDATE (mfa_required_roles) ON tenant TO ${APP_ROLE}`,
  `GRANT SELECT, UPDATE (seed, last_step) ON mfa_totp TO ${SYSTEM_ROLE}`,
  `GRANT SELECT, DELETE ON recovery_code TO ${SYSTEM_ROLE}`,
  `GRANT SELECT, INSERT, DELETE, UPDATE (tries) ON sign_in_challenge TO ${SYSTEM_ROLE}`,
];
