import { tenantIsolation } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, SYSTEM_ROLE } from '../roles';

/** Agents sign in at the identity provider of their business. */
export class Sso1764620000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE session DROP COLUMN by_sso');
    await runner.query('DROP TABLE sso_identity, sso_state, sso_connection');
  }
}

const UP = [
  `ALTER TABLE session ADD COLUMN by_sso boolean NOT NULL DEFAULT false`,
  `CREATE TABLE sso_connection (
    tenant_id uuid NOT NULL,
    issuer text NOT NULL,
    client_id text NOT NULL,
    client_secret bytea NOT NULL,
    domains text[] NOT NULL,
    enabled boolean NOT NULL,
    enforced boolean NOT NULL,
    CONSTRAINT sso_connection_pk PRIMARY KEY (tenant_id),
    CONSTRAINT sso_connection_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id)
  )`,
  `CREATE TABLE sso_state (
    hash bytea NOT NULL,
    tenant_id uuid NOT NULL,
    browser_hash bytea NOT NULL,
    issuer text NOT NULL,
    nonce text NOT NULL,
    verifier text NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT sso_state_pk PRIMARY KEY (hash),
    CONSTRAINT sso_state_connection_fk FOREIGN KEY (tenant_id)
      REFERENCES sso_connection (tenant_id) ON DELETE CASCADE
  )`,
  `CREATE INDEX sso_state_expiry ON sso_state (expires_at)`,
  `CREATE TABLE sso_identity (
    tenant_id uuid NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    agent_id uuid NOT NULL,
    CONSTRAINT sso_identity_pk PRIMARY KEY (tenant_id, issuer, subject),
    CONSTRAINT sso_identity_agent UNIQUE (agent_id, issuer),
    CONSTRAINT sso_identity_agent_fk FOREIGN KEY (tenant_id, agent_id)
      REFERENCES agent (tenant_id, id) ON DELETE CASCADE
  )`,
  ...['sso_connection', 'sso_state', 'sso_identity'].flatMap((table) =>
    tenantIsolation(table, { app: APP_ROLE, system: SYSTEM_ROLE }),
  ),
  // Admins set it up and never see the secret again.
  `GRANT SELECT (tenant_id, issuer, client_id, domains, enabled, enforced), INSERT, UPDATE, DELETE
     ON sso_connection TO ${APP_ROLE}`,
  `GRANT SELECT (tenant_id), DELETE ON sso_identity TO ${APP_ROLE}`,
  `GRANT SELECT, UPDATE (client_secret) ON sso_connection TO ${SYSTEM_ROLE}`,
  `GRANT SELECT, INSERT, DELETE ON sso_state, sso_identity TO ${SYSTEM_ROLE}`,
];
