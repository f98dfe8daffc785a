import { tenantIsolation } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, SYSTEM_ROLE } from '../roles';

/** Whoever is let go says who takes over: `waba` is told until it has heard. */
export class HandOver1764800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE hand_over');
  }
}

const UP = [
  `CREATE TABLE hand_over (
    agent_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    version integer NOT NULL,
    to_agent_id uuid,
    to_agent_version integer,
    to_team_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz,
    CONSTRAINT hand_over_pk PRIMARY KEY (agent_id),
    CONSTRAINT hand_over_agent_fk FOREIGN KEY (tenant_id, agent_id)
      REFERENCES agent (tenant_id, id) ON DELETE CASCADE
  )`,
  `CREATE INDEX hand_over_undelivered ON hand_over (created_at) WHERE delivered_at IS NULL`,
  ...tenantIsolation('hand_over', { app: APP_ROLE, system: SYSTEM_ROLE }),
  `GRANT SELECT, INSERT, UPDATE ON hand_over TO ${APP_ROLE}`,
  `GRANT SELECT, UPDATE (delivered_at) ON hand_over TO ${SYSTEM_ROLE}`,
];
