import { tenantKeyTable } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Secrets of tenants get keys of their own. */
export class TenantKey1764500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tenantKeyTable({ app: 'scrm_waba_app', system: 'scrm_waba_system' }))
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE tenant_key');
  }
}
