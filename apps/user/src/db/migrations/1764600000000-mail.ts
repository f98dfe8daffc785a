import { tenantIsolation } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, SYSTEM_ROLE } from '../roles';

/** Mails that wait to be sent. */
export class Mail1764600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE mail');
  }
}

const UP = [
  `CREATE TABLE mail (
    agent_id uuid NOT NULL,
    kind text NOT NULL,
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    letter jsonb,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz DEFAULT now(),
    expires_at timestamptz NOT NULL,
    counted integer NOT NULL DEFAULT 1,
    counted_since timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT mail_pk PRIMARY KEY (agent_id, kind),
    CONSTRAINT mail_kind CHECK (kind IN ('invitation', 'password-reset', 'password-changed')),
    CONSTRAINT mail_agent_fk FOREIGN KEY (tenant_id, agent_id) REFERENCES agent (tenant_id, id) ON DELETE CASCADE
  )`,
  `CREATE INDEX mail_due ON mail (next_attempt_at)`,
  ...tenantIsolation('mail', { app: APP_ROLE, system: SYSTEM_ROLE }),
  // Whoever writes a mail sees how many there were, and not what they say.
  `GRANT INSERT, UPDATE, SELECT (agent_id, kind, tenant_id, counted, counted_since) ON mail TO ${APP_ROLE}`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON mail TO ${SYSTEM_ROLE}`,
];
