import { createRole, tenantIsolation } from '@scrm/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const APP = 'scrm_waba_app';
const SYSTEM = 'scrm_waba_system';
const TENANT_TABLES = [
  'sender',
  'contact',
  'conversation',
  'message',
  'message_key',
  'parked_status',
  'idempotency_key',
  'stream',
  'stream_event',
  'template',
  'account_event',
];

export class Initial1763800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, createRole(APP), createRole(SYSTEM), ...security()]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...TENANT_TABLES, 'webhook_delivery', 'webhook_attempt']) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}

function security(): string[] {
  const inMyTenants = `NULLIF(current_setting('scrm.tenant_id', true), '')::uuid = ANY (tenant_ids)`;
  return [
    `GRANT USAGE ON SCHEMA waba TO ${APP}, ${SYSTEM}`,
    ...TENANT_TABLES.flatMap((table) => tenantIsolation(table, { app: APP, system: SYSTEM })),
    `GRANT SELECT, INSERT, UPDATE ON conversation, contact, message, stream TO ${APP}`,
    `GRANT SELECT, INSERT ON stream_event, idempotency_key TO ${APP}`,
    `GRANT SELECT ON sender, template, message_key TO ${APP}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${TENANT_TABLES.join(', ')} TO ${SYSTEM}`,
    // A raw delivery may name several tenants: each may know that it came, none may read it.
    `ALTER TABLE webhook_delivery ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE webhook_delivery FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY tenant ON webhook_delivery TO ${APP} USING (${inMyTenants})`,
    `CREATE POLICY system ON webhook_delivery TO ${SYSTEM} USING (true) WITH CHECK (true)`,
    `GRANT SELECT (id, tenant_ids, received_at, status, reason, attempts, replayed_at) ON webhook_delivery TO ${APP}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_delivery, webhook_attempt TO ${SYSTEM}`,
  ];
}

const TABLES = [
  `CREATE TABLE contact (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    name text,
    profile_name text,
    username text,
    wa_id text,
    user_id text,
    parent_user_id text,
    group_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT contact_pk PRIMARY KEY (id)
  )`,
  `CREATE UNIQUE INDEX contact_group_id ON contact (tenant_id, group_id) WHERE group_id IS NOT NULL`,
  `CREATE UNIQUE INDEX contact_wa_id ON contact (tenant_id, wa_id) WHERE wa_id IS NOT NULL`,
  `CREATE UNIQUE INDEX contact_user_id ON contact (tenant_id, user_id) WHERE user_id IS NOT NULL`,
  `CREATE TABLE conversation (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    sender_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    team_id uuid,
    assignee_id uuid,
    status text NOT NULL DEFAULT 'open',
    last_seq bigint NOT NULL DEFAULT '0',
    unread_count integer NOT NULL DEFAULT '0',
    last_inbound_at timestamptz,
    last_message jsonb,
    last_activity_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT conversation_pk PRIMARY KEY (id)
  )`,
  `CREATE INDEX conversation_assignee_activity ON conversation (tenant_id, assignee_id, last_activity_at, id)`,
  `CREATE INDEX conversation_team_activity ON conversation (tenant_id, team_id, last_activity_at, id)`,
  `CREATE INDEX conversation_tenant_activity ON conversation (tenant_id, last_activity_at, id)`,
  `CREATE UNIQUE INDEX conversation_pair ON conversation (sender_id, contact_id)`,
  `CREATE TABLE message (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    sender_id uuid NOT NULL,
    seq bigint NOT NULL,
    direction text NOT NULL,
    type text NOT NULL,
    content jsonb NOT NULL,
    raw jsonb,
    wamid text,
    status text NOT NULL,
    status_times jsonb NOT NULL DEFAULT '{}',
    pricing jsonb,
    error jsonb,
    reply_to text,
    author text,
    agent_id uuid,
    occurred_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    trace_id text,
    claimed_by text,
    claimed_at timestamptz,
    attempts integer NOT NULL DEFAULT '0',
    next_attempt_at timestamptz,
    CONSTRAINT message_pk PRIMARY KEY (id)
  )`,
  `CREATE INDEX message_sending ON message (claimed_at) WHERE status = 'sending'`,
  `CREATE INDEX message_due ON message (sender_id, next_attempt_at) WHERE status IN ('queued', 'sending')`,
  `CREATE INDEX message_waiting ON message (conversation_id, seq) WHERE status IN ('queued', 'sending')`,
  `CREATE UNIQUE INDEX message_conversation_seq ON message (conversation_id, seq)`,
  `CREATE TABLE message_key (
    sender_id uuid NOT NULL,
    wamid text NOT NULL,
    tenant_id uuid NOT NULL,
    message_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    CONSTRAINT message_key_pk PRIMARY KEY (sender_id, wamid)
  )`,
  `CREATE TABLE parked_status (
    sender_id uuid NOT NULL,
    wamid text NOT NULL,
    status text NOT NULL,
    tenant_id uuid NOT NULL,
    payload jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT parked_status_pk PRIMARY KEY (sender_id, wamid, status)
  )`,
  `CREATE TABLE idempotency_key (
    tenant_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    message_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_key_pk PRIMARY KEY (tenant_id, agent_id, key)
  )`,
  `CREATE INDEX idempotency_key_age ON idempotency_key (created_at)`,
  `CREATE TABLE sender (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    waba_id text NOT NULL,
    phone_number_id text NOT NULL,
    display_phone_number text NOT NULL,
    name text NOT NULL,
    default_team_id uuid,
    access_token bytea NOT NULL,
    status text NOT NULL DEFAULT 'active',
    paused_reason text,
    messages_per_second integer NOT NULL DEFAULT '80',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT sender_pk PRIMARY KEY (id)
  )`,
  `CREATE UNIQUE INDEX sender_phone_number_id ON sender (phone_number_id)`,
  `CREATE INDEX sender_tenant ON sender (tenant_id)`,
  `CREATE TABLE stream (
    tenant_id uuid NOT NULL,
    epoch uuid NOT NULL,
    head bigint NOT NULL DEFAULT '0',
    CONSTRAINT stream_pk PRIMARY KEY (tenant_id)
  )`,
  `CREATE TABLE stream_event (
    tenant_id uuid NOT NULL,
    position bigint NOT NULL,
    conversation_id uuid NOT NULL,
    seq bigint NOT NULL,
    type text NOT NULL,
    audience jsonb NOT NULL,
    previous_audience jsonb,
    data jsonb NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stream_event_pk PRIMARY KEY (tenant_id, position)
  )`,
  `CREATE UNIQUE INDEX stream_event_conversation_seq ON stream_event (conversation_id, seq)`,
  `CREATE TABLE template (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    waba_id text NOT NULL,
    name text NOT NULL,
    language text NOT NULL,
    category text NOT NULL,
    status text NOT NULL,
    parameter_format text NOT NULL DEFAULT 'POSITIONAL',
    components jsonb NOT NULL,
    CONSTRAINT template_pk PRIMARY KEY (id)
  )`,
  `CREATE UNIQUE INDEX template_name ON template (tenant_id, waba_id, name, language)`,
  `CREATE TABLE webhook_delivery (
    id uuid NOT NULL,
    tenant_ids uuid[] NOT NULL,
    received_at timestamptz NOT NULL,
    body bytea NOT NULL,
    status text NOT NULL,
    reason text,
    attempts integer NOT NULL DEFAULT '0',
    replayed_at timestamptz,
    CONSTRAINT webhook_delivery_pk PRIMARY KEY (id)
  )`,
  `CREATE INDEX webhook_delivery_trouble ON webhook_delivery (status, received_at) WHERE status <> 'processed'`,
  `CREATE INDEX webhook_delivery_age ON webhook_delivery (received_at)`,
  `CREATE TABLE webhook_attempt (
    delivery_key text NOT NULL,
    attempts integer NOT NULL DEFAULT '0',
    last_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT webhook_attempt_pk PRIMARY KEY (delivery_key)
  )`,
  `CREATE TABLE account_event (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    field text NOT NULL,
    digest bytea NOT NULL,
    payload jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT account_event_pk PRIMARY KEY (id)
  )`,
  `CREATE UNIQUE INDEX account_event_digest ON account_event (tenant_id, digest)`,
];
