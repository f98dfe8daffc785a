import { tenantIsolation } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, SYSTEM_ROLE } from '../roles';

/** What agents can do, how much of it, and when: for people now, and for whoever hands out conversations later. */
export class AgentProfile1764710000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE agent_skill');
    await runner.query(
      'ALTER TABLE agent DROP COLUMN languages, DROP COLUMN capacity, DROP COLUMN working_hours, DROP COLUMN time_zone',
    );
  }
}

const UP = [
  `ALTER TABLE agent
     ADD COLUMN languages text[] NOT NULL DEFAULT '{}',
     ADD COLUMN capacity integer NOT NULL DEFAULT 20,
     ADD COLUMN working_hours jsonb,
     ADD COLUMN time_zone text,
     ADD CONSTRAINT agent_capacity CHECK (capacity >= 0 AND capacity <= 500)`,
  `CREATE TABLE agent_skill (
    agent_id uuid NOT NULL,
    skill text NOT NULL,
    tenant_id uuid NOT NULL,
    level integer NOT NULL,
    CONSTRAINT agent_skill_pk PRIMARY KEY (agent_id, skill),
    CONSTRAINT agent_skill_lower_case CHECK (skill = lower(skill)),
    CONSTRAINT agent_skill_range CHECK (level >= 1 AND level <= 5),
    CONSTRAINT agent_skill_agent_fk FOREIGN KEY (tenant_id, agent_id)
      REFERENCES agent (tenant_id, id) ON DELETE CASCADE
  )`,
  `CREATE INDEX agent_skill_level ON agent_skill (tenant_id, skill, level, agent_id)`,
  ...tenantIsolation('agent_skill', { app: APP_ROLE, system: SYSTEM_ROLE }),
  `GRANT SELECT, INSERT, DELETE ON agent_skill TO ${APP_ROLE}`,
  `GRANT SELECT (languages, capacity, working_hours, time_zone) ON agent TO ${APP_ROLE}`,
  `GRANT UPDATE (languages, capacity, working_hours, time_zone) ON agent TO ${APP_ROLE}`,
  `GRANT INSERT (languages, capacity, time_zone) ON agent TO ${APP_ROLE}`,
];
