import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An index for each view of the inbox, in the order of its list: who, then the equalities that a filter may name, then
 * the place in the list. A sender belongs to one tenant, so the tenant needs no column of its own.
 */
const ACTIVITY = {
  conversation_sender_activity: '(sender_id, status, last_activity_at, id)',
  conversation_team_activity: '(team_id, sender_id, status, last_activity_at, id)',
  conversation_assignee_activity: '(assignee_id, sender_id, status, last_activity_at, id)',
  conversation_pool_activity: '(team_id, sender_id, status, last_activity_at, id) WHERE assignee_id IS NULL',
};
const BEFORE = {
  conversation_tenant_activity: '(tenant_id, last_activity_at, id)',
  conversation_team_activity: '(tenant_id, team_id, last_activity_at, id)',
  conversation_assignee_activity: '(tenant_id, assignee_id, last_activity_at, id)',
};

/**
 * Tables that change all the time are tidied after a share of their rows has changed. A fifth, as by default, is days
 * of changes in a large table; meanwhile its indexes swell and the planner believes in old figures.
 */
const TIDIED_AT: Record<string, number> = {
  conversation: 0.02,
  message: 0.02,
  stream_event: 0.05,
  webhook_delivery: 0.05,
};

export class Scale1763900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.replace(runner, BEFORE, ACTIVITY);
    await runner.query('CREATE INDEX parked_status_age ON parked_status (received_at)');
    for (const [table, share] of Object.entries(TIDIED_AT)) {
      await runner.query(
        `ALTER TABLE ${table} SET (autovacuum_vacuum_scale_factor = ${share}, autovacuum_analyze_scale_factor = ${share})`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.replace(runner, ACTIVITY, BEFORE);
    await runner.query('DROP INDEX parked_status_age');
    for (const table of Object.keys(TIDIED_AT)) {
      await runner.query(
        `ALTER TABLE ${table} RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor)`,
      );
    }
  }

  private async replace(runner: QueryRunner, old: Record<string, string>, now: Record<string, string>) {
    for (const name of Object.keys(old)) await runner.query(`DROP INDEX ${name}`);
    for (const [name, columns] of Object.entries(now)) {
      await runner.query(`CREATE INDEX ${name} ON conversation ${columns}`);
    }
  }
}
