import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, PROVISIONING_ROLE, SYSTEM_ROLE } from '../roles';

/** What somebody may do gets a version, so that tokens from before a change can be told; sessions get a face. */
export class Access1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['agent', 'tenant']) {
      await runner.query(`ALTER TABLE ${table} DROP COLUMN access_version, DROP COLUMN access_changed_at`);
    }
    await runner.query(`DROP INDEX session_revoked`);
    await runner.query(`ALTER TABLE session DROP COLUMN ip, DROP COLUMN last_used_at`);
  }
}

const UP = [
  ...['agent', 'tenant'].flatMap((table) => [
    `ALTER TABLE ${table}
       ADD COLUMN access_version integer NOT NULL DEFAULT 1,
       ADD COLUMN access_changed_at timestamptz`,
    `CREATE INDEX ${table}_access_changed ON ${table} (access_changed_at)`,
  ]),
  `ALTER TABLE session ADD COLUMN ip text, ADD COLUMN last_used_at timestamptz NOT NULL DEFAULT now()`,
  `CREATE INDEX session_revoked ON session (revoked_at)`,
  // Of their own tenant: who is there, and what they may do.
  `GRANT SELECT (access_version, access_changed_at) ON agent TO ${APP_ROLE}`,
  `GRANT UPDATE (name, role, status, access_version, access_changed_at) ON agent TO ${APP_ROLE}`,
  `GRANT SELECT, UPDATE (revoked_at) ON session TO ${APP_ROLE}`,
  `GRANT UPDATE (last_used_at) ON session TO ${SYSTEM_ROLE}`,
  `GRANT UPDATE (status, access_version, access_changed_at) ON tenant TO ${PROVISIONING_ROLE}`,
];
