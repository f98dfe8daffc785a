import { tenantIsolation } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, PROVISIONING_ROLE, SYSTEM_ROLE } from '../roles';

/** Agents are invited, and choose their password themselves. */
export class Invitation1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE invitation');
    await runner.query('ALTER TABLE agent DROP CONSTRAINT agent_password, DROP CONSTRAINT agent_status');
    await runner.query(
      `ALTER TABLE agent DROP COLUMN password_set_at, ALTER COLUMN password_hash SET NOT NULL,
         ADD CONSTRAINT agent_status CHECK (status IN ('active', 'deactivated'))`,
    );
  }
}

const UP = [
  `ALTER TABLE agent ALTER COLUMN password_hash DROP NOT NULL,
     ADD COLUMN password_set_at timestamptz DEFAULT now(),
     DROP CONSTRAINT agent_status,
     ADD CONSTRAINT agent_status CHECK (status IN ('invited', 'active', 'deactivated')),
     ADD CONSTRAINT agent_password CHECK (status <> 'active' OR password_set_at IS NOT NULL)`,
  `CREATE TABLE invitation (
    hash bytea NOT NULL,
    tenant_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT invitation_pk PRIMARY KEY (hash),
    CONSTRAINT invitation_agent_id UNIQUE (agent_id),
    CONSTRAINT invitation_agent_fk FOREIGN KEY (tenant_id, agent_id)
      REFERENCES agent (tenant_id, id) ON DELETE CASCADE
  )`,
  ...tenantIsolation('invitation', { app: APP_ROLE, system: SYSTEM_ROLE }),
  `GRANT SELECT (password_set_at) ON agent TO ${APP_ROLE}`,
  `GRANT INSERT (id, tenant_id, name, email, role, status, password_set_at) ON agent TO ${APP_ROLE}`,
  // Who asks for an invitation may make it and take it back, and not read it.
  `GRANT INSERT ON invitation TO ${APP_ROLE}`,
  `GRANT SELECT (agent_id), DELETE ON invitation TO ${APP_ROLE}`,
  `GRANT SELECT, DELETE ON invitation TO ${SYSTEM_ROLE}`,
  `GRANT UPDATE (status, password_set_at) ON agent TO ${SYSTEM_ROLE}`,
  `GRANT INSERT (password_set_at) ON agent TO ${PROVISIONING_ROLE}`,
];
