import { tenantIsolation } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, SYSTEM_ROLE } from '../roles';

/** Whoever forgot their password chooses another one by a link that they get by mail. */
export class PasswordReset1764610000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE password_reset_request, password_reset');
  }
}

const UP = [
  `CREATE TABLE password_reset_request (
    email text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT password_reset_request_pk PRIMARY KEY (email)
  )`,
  `CREATE TABLE password_reset (
    agent_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    hash bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT password_reset_pk PRIMARY KEY (agent_id),
    CONSTRAINT password_reset_hash UNIQUE (hash),
    CONSTRAINT password_reset_agent_fk FOREIGN KEY (tenant_id, agent_id)
      REFERENCES agent (tenant_id, id) ON DELETE CASCADE
  )`,
  ...tenantIsolation('password_reset', { app: APP_ROLE, system: SYSTEM_ROLE }),
  `GRANT SELECT, INSERT, UPDATE, DELETE ON password_reset, password_reset_request TO ${SYSTEM_ROLE}`,
];
