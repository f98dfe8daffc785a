import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE } from '../roles';

/** What a tenant's admins say of their business: its name, its clock, its languages, its hours, what it keeps. */
export class TenantSettings1764700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE tenant
         ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC',
         ADD COLUMN languages text[] NOT NULL DEFAULT '{}',
         ADD COLUMN working_hours jsonb,
         ADD COLUMN special_days jsonb NOT NULL DEFAULT '[]',
         ADD COLUMN message_retention_days integer,
         ADD COLUMN media_retention_days integer,
         ADD COLUMN settings_version integer NOT NULL DEFAULT 1,
         ADD CONSTRAINT tenant_retention CHECK
           (message_retention_days > 0 AND media_retention_days > 0 AND media_retention_days <= message_retention_days)`,
    );
    await runner.query(`GRANT UPDATE (${[...COLUMNS, 'name'].join(', ')}) ON tenant TO ${APP_ROLE}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`REVOKE UPDATE (name) ON tenant FROM ${APP_ROLE}`);
    await runner.query(`ALTER TABLE tenant ${COLUMNS.map((column) => `DROP COLUMN ${column}`).join(', ')}`);
  }
}

const COLUMNS = [
  'time_zone',
  'languages',
  'working_hours',
  'special_days',
  'message_retention_days',
  'media_retention_days',
  'settings_version',
];
