import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SYSTEM_ROLE } from '../roles';

/** Counts wrong passwords, so that guessing takes ever longer. */
export class SignIn1764200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE sign_in_attempt');
    await runner.query(`REVOKE UPDATE (password_hash) ON agent FROM ${SYSTEM_ROLE}`);
  }
}

const UP = [
  `CREATE TABLE sign_in_attempt (
    account bytea NOT NULL,
    address text NOT NULL,
    failures integer NOT NULL,
    last_at timestamptz NOT NULL,
    CONSTRAINT sign_in_attempt_pk PRIMARY KEY (account, address)
  )`,
  `CREATE INDEX sign_in_attempt_age ON sign_in_attempt (last_at)`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_attempt TO ${SYSTEM_ROLE}`,
  `GRANT UPDATE (password_hash) ON agent TO ${SYSTEM_ROLE}`,
];
