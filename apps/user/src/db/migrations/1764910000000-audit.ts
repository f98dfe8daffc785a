import { auditTrail, DROP_AUDIT_TRAIL } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, PROVISIONING_ROLE, SYSTEM_ROLE } from '../roles';

/** Who did what is written down, and nobody changes it later. */
export class Audit1764910000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of auditTrail({
      app: APP_ROLE,
      system: SYSTEM_ROLE,
      writers: [PROVISIONING_ROLE],
    })) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DROP_AUDIT_TRAIL) await runner.query(statement);
  }
}
