import { createRole, tenantIsolation } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, PROVISIONING_ROLE, SYSTEM_ROLE } from '../roles';

export class Initial1763800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const roles = [APP_ROLE, SYSTEM_ROLE, PROVISIONING_ROLE].map(createRole);
    for (const statement of [...TABLES, ...roles, ...ISOLATION, ...GRANTS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = ['signing_key', 'refresh_token', 'session', 'team_member', 'team', 'agent', 'tenant'];
    for (const table of tables) await runner.query(`DROP TABLE ${table}`);
  }
}

const TABLES = [
  `CREATE TABLE tenant (
    id uuid NOT NULL,
    name text NOT NULL,
    status text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tenant_pk PRIMARY KEY (id),
    CONSTRAINT tenant_status CHECK (status IN ('active', 'suspended'))
  )`,
  `CREATE TABLE team (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    CONSTRAINT team_pk PRIMARY KEY (id),
    CONSTRAINT team_tenant_id_name UNIQUE (tenant_id, name),
    CONSTRAINT team_tenant_id_id UNIQUE (tenant_id, id),
    CONSTRAINT team_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id)
  )`,
  `CREATE TABLE agent (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL,
    status text NOT NULL DEFAULT 'active',
    CONSTRAINT agent_pk PRIMARY KEY (id),
    CONSTRAINT agent_email UNIQUE (email),
    CONSTRAINT agent_tenant_id_id UNIQUE (tenant_id, id),
    CONSTRAINT agent_email_lower_case CHECK (email = lower(email)),
    CONSTRAINT agent_role CHECK (role IN ('admin', 'leader', 'agent')),
    CONSTRAINT agent_status CHECK (status IN ('active', 'deactivated')),
    CONSTRAINT agent_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id)
  )`,
  `CREATE TABLE team_member (
    team_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    leader boolean NOT NULL DEFAULT false,
    CONSTRAINT team_member_pk PRIMARY KEY (team_id, agent_id),
    CONSTRAINT team_member_team_fk FOREIGN KEY (tenant_id, team_id)
      REFERENCES team (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT team_member_agent_fk FOREIGN KEY (tenant_id, agent_id)
      REFERENCES agent (tenant_id, id) ON DELETE CASCADE
  )`,
  `CREATE INDEX team_member_agent ON team_member (tenant_id, agent_id)`,
  `CREATE TABLE session (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    user_agent text,
    CONSTRAINT session_pk PRIMARY KEY (id),
    CONSTRAINT session_agent_fk FOREIGN KEY (tenant_id, agent_id)
      REFERENCES agent (tenant_id, id) ON DELETE CASCADE
  )`,
  `CREATE INDEX session_agent ON session (tenant_id, agent_id)`,
  `CREATE TABLE refresh_token (
    hash bytea NOT NULL,
    session_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    issued_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz,
    replaced_by bytea,
    CONSTRAINT refresh_token_pk PRIMARY KEY (hash),
    CONSTRAINT refresh_token_session_fk FOREIGN KEY (session_id) REFERENCES session (id) ON DELETE CASCADE
  )`,
  `CREATE INDEX refresh_token_session ON refresh_token (session_id)`,
  `CREATE TABLE signing_key (
    kid text NOT NULL,
    private_key text NOT NULL,
    public_jwk jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz,
    CONSTRAINT signing_key_pk PRIMARY KEY (kid)
  )`,
  // At most one key signs, whatever two pods do at the same moment.
  `CREATE UNIQUE INDEX signing_key_one_active ON signing_key ((retired_at IS NULL)) WHERE retired_at IS NULL`,
];

const provisioning = (table: string) =>
  `CREATE POLICY provisioning ON ${table} TO ${PROVISIONING_ROLE} USING (true) WITH CHECK (true)`;

const ROLES = { app: APP_ROLE, system: SYSTEM_ROLE };
const ISOLATION = [
  ...tenantIsolation('tenant', ROLES, 'id'),
  ...['team', 'agent', 'team_member', 'session', 'refresh_token'].flatMap((t) => tenantIsolation(t, ROLES)),
  ...['tenant', 'team', 'agent', 'team_member'].map(provisioning),
];

/** Each role may do what its code does today, and nothing else. */
const GRANTS = [
  `GRANT USAGE ON SCHEMA identity TO ${APP_ROLE}, ${SYSTEM_ROLE}, ${PROVISIONING_ROLE}`,
  `GRANT SELECT ON tenant, team, team_member TO ${APP_ROLE}`,
  // Everything but the password.
  `GRANT SELECT (id, tenant_id, name, email, role, status) ON agent TO ${APP_ROLE}`,
  `GRANT SELECT ON tenant, agent, team_member, session, refresh_token, signing_key TO ${SYSTEM_ROLE}`,
  `GRANT INSERT ON session, refresh_token, signing_key TO ${SYSTEM_ROLE}`,
  `GRANT UPDATE (revoked_at) ON session TO ${SYSTEM_ROLE}`,
  `GRANT UPDATE (used_at, replaced_by) ON refresh_token TO ${SYSTEM_ROLE}`,
  `GRANT SELECT, INSERT ON tenant, team, agent, team_member TO ${PROVISIONING_ROLE}`,
];
