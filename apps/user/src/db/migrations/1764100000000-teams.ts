import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE } from '../roles';

/** Admins make, name and delete the teams of their own tenant, and say who is in them. */
export class Teams1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const grant of GRANTS) await runner.query(`GRANT ${grant} TO ${APP_ROLE}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const grant of GRANTS) await runner.query(`REVOKE ${grant} FROM ${APP_ROLE}`);
  }
}

const GRANTS = ['INSERT, DELETE, UPDATE (name) ON team', 'INSERT, DELETE, UPDATE (leader) ON team_member'];
