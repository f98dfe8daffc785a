import { auditTrail, DROP_AUDIT_TRAIL } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who did what is written down, and nobody changes it later. */
export class Audit1764910000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of auditTrail({ app: 'scrm_waba_app', system: 'scrm_waba_system' })) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DROP_AUDIT_TRAIL) await runner.query(statement);
  }
}
