import { tenantIsolation } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, SYSTEM_ROLE } from '../roles';

/** Who is there: the ws pods, whose sockets each has, and what it makes of an agent. */
export class Presence1764810000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['agent_presence', 'agent_socket', 'ws_pod'])
      await runner.query(`DROP TABLE ${table}`);
  }
}

const UP = [
  `CREATE TABLE ws_pod (
    pod text NOT NULL,
    seq bigint NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ws_pod_pk PRIMARY KEY (pod)
  )`,
  `CREATE TABLE agent_socket (
    pod text NOT NULL,
    agent_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT agent_socket_pk PRIMARY KEY (pod, agent_id),
    CONSTRAINT agent_socket_pod_fk FOREIGN KEY (pod) REFERENCES ws_pod (pod) ON DELETE CASCADE
  )`,
  `CREATE INDEX agent_socket_agent ON agent_socket (agent_id)`,
  `CREATE TABLE agent_presence (
    agent_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    chosen text NOT NULL DEFAULT 'online',
    present boolean NOT NULL DEFAULT false,
    left_at timestamptz,
    CONSTRAINT agent_presence_pk PRIMARY KEY (agent_id),
    CONSTRAINT agent_presence_chosen CHECK (chosen IN ('online', 'busy', 'away', 'offline')),
    CONSTRAINT agent_presence_agent_fk FOREIGN KEY (tenant_id, agent_id)
      REFERENCES agent (tenant_id, id) ON DELETE CASCADE
  )`,
  `CREATE INDEX agent_presence_left ON agent_presence (left_at) WHERE left_at IS NOT NULL`,
  ...['agent_socket', 'agent_presence'].flatMap((table) =>
    tenantIsolation(table, { app: APP_ROLE, system: SYSTEM_ROLE }),
  ),
  `GRANT SELECT, INSERT (agent_id, tenant_id, chosen), UPDATE (chosen) ON agent_presence TO ${APP_ROLE}`,
  `GRANT SELECT, INSERT, UPDATE ON agent_presence TO ${SYSTEM_ROLE}`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON ws_pod, agent_socket TO ${SYSTEM_ROLE}`,
];
