import { tenantIsolation } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const APP = 'scrm_waba_app';
const SYSTEM = 'scrm_waba_system';

/** What those who are out leave behind goes to others. */
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
    begun_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    CONSTRAINT hand_over_pk PRIMARY KEY (agent_id)
  )`,
  `CREATE INDEX hand_over_pending ON hand_over (begun_at) WHERE done_at IS NULL`,
  ...tenantIsolation('hand_over', { app: APP, system: SYSTEM }),
  `GRANT SELECT ON hand_over TO ${APP}`,
  `GRANT SELECT, INSERT, UPDATE ON hand_over TO ${SYSTEM}`,
];
