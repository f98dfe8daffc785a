import { tenantKeyTable } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, SYSTEM_ROLE } from '../roles';

/** Secrets of tenants get keys of their own; signing keys are kept sealed, and can be replaced. */
export class TenantKey1764500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  /** Signing keys that are sealed go: a new one is made, and everybody's next token is signed with that. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE tenant_key');
    await runner.query('DELETE FROM signing_key WHERE private_key IS NULL');
    await runner.query(
      `ALTER TABLE signing_key DROP CONSTRAINT signing_key_private, DROP COLUMN sealed_key,
         DROP COLUMN master_key_id, ALTER COLUMN private_key SET NOT NULL`,
    );
    await runner.query(`REVOKE UPDATE (private_key, retired_at) ON signing_key FROM ${SYSTEM_ROLE}`);
  }
}

const UP = [
  ...tenantKeyTable({ app: APP_ROLE, system: SYSTEM_ROLE }),
  `ALTER TABLE signing_key ALTER COLUMN private_key DROP NOT NULL,
     ADD COLUMN sealed_key bytea,
     ADD COLUMN master_key_id text,
     ADD CONSTRAINT signing_key_private
       CHECK (retired_at IS NOT NULL OR private_key IS NOT NULL OR sealed_key IS NOT NULL)`,
  `GRANT UPDATE (private_key, sealed_key, master_key_id, retired_at) ON signing_key TO ${SYSTEM_ROLE}`,
];
