import { tenantIsolation } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, SYSTEM_ROLE } from '../roles';

/** Tenants put together roles of their own, besides those that everybody has. */
export class Roles1764900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  /** Whoever has a role that goes away is an agent: the least of what is left. */
  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  `CREATE TABLE role (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    grants jsonb NOT NULL,
    CONSTRAINT role_pk PRIMARY KEY (id),
    CONSTRAINT role_tenant_id_name UNIQUE (tenant_id, name),
    CONSTRAINT role_tenant_id_id UNIQUE (tenant_id, id),
    CONSTRAINT role_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id)
  )`,
  ...tenantIsolation('role', { app: APP_ROLE, system: SYSTEM_ROLE }),
  `GRANT SELECT, INSERT, DELETE, UPDATE (name, grants) ON role TO ${APP_ROLE}`,
  `GRANT SELECT ON role TO ${SYSTEM_ROLE}`,
  `ALTER TABLE agent ADD COLUMN role_id uuid,
     DROP CONSTRAINT agent_role,
     ADD CONSTRAINT agent_role CHECK (role IN ('admin', 'leader', 'agent', 'auditor', 'custom')),
     ADD CONSTRAINT agent_custom_role CHECK ((role = 'custom') = (role_id IS NOT NULL)),
     ADD CONSTRAINT agent_role_fk FOREIGN KEY (tenant_id, role_id) REFERENCES role (tenant_id, id)`,
  `CREATE INDEX agent_role_id ON agent (role_id)`,
  `GRANT SELECT (role_id), INSERT (role_id), UPDATE (role_id) ON agent TO ${APP_ROLE}`,
];

const DOWN = [
  `ALTER TABLE agent NO FORCE ROW LEVEL SECURITY`,
  `ALTER TABLE agent DROP CONSTRAINT agent_custom_role, DROP CONSTRAINT agent_role_fk, DROP CONSTRAINT agent_role`,
  `UPDATE agent SET role = 'agent' WHERE role IN ('auditor', 'custom')`,
  `ALTER TABLE agent FORCE ROW LEVEL SECURITY`,
  `ALTER TABLE agent DROP COLUMN role_id,
     ADD CONSTRAINT agent_role CHECK (role IN ('admin', 'leader', 'agent'))`,
  `DROP TABLE role`,
];
