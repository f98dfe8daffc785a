import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An index for each order of a list, so that a page reads a page. People look for names as in a dictionary, so they are
 * in the order of Unicode, whatever the database's own is. An expression such as lower(name) would not do: under
 * row-level security no index is used for what a function that could leak computes.
 */
export class AgentLists1764720000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [name, on] of Object.entries(INDEXES)) await runner.query(`CREATE INDEX ${name} ON ${on}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(INDEXES)) await runner.query(`DROP INDEX ${name}`);
  }
}

const INDEXES = {
  agent_by_name: 'agent (tenant_id, name COLLATE "und-x-icu", id)',
  agent_by_email: 'agent (tenant_id, email, id)',
  team_by_name: 'team (tenant_id, name COLLATE "und-x-icu", id)',
  session_by_id: 'session (tenant_id, agent_id, id) WHERE revoked_at IS NULL',
  session_by_use: 'session (tenant_id, agent_id, last_used_at, id) WHERE revoked_at IS NULL',
};
