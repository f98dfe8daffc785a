import { Client } from 'pg';
import type { TestSender } from './harness';

export interface PlanData {
  conversations: number;
  agents: string[];
  /** Has this many messages, the first one the oldest. */
  long: { id: string; messages: number };
}

/**
 * Enough rows of each table that reading all of one is a visible mistake: conversations of these senders by turns, half
 * of them assigned, a third of them closed, with three messages each and one with thousands; and some hundred other
 * tenants, each with a number and a stream.
 */
export async function fill(url: string, senders: TestSender[], data: PlanData): Promise<void> {
  const client = new Client({ connectionString: url, options: '-c search_path=waba' });
  await client.connect();
  try {
    await client.query(`SET synchronous_commit = off; SET ROLE scrm_waba_system`);
    await client.query('CREATE TEMP TABLE business (turn int, id uuid, tenant_id uuid, team_id uuid)');
    await client.query(
      'INSERT INTO business SELECT o - 1, i, t, g FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) WITH ORDINALITY AS b(i, t, g, o)',
      [senders.map((s) => s.id), senders.map((s) => s.tenantId), senders.map((s) => s.teamId)],
    );
    await client.query(
      'CREATE TEMP TABLE plan (n int, id uuid, sender_id uuid, tenant_id uuid, team_id uuid, agent uuid, size int)',
    );
    await client.query(
      `INSERT INTO plan
       SELECT n, CASE WHEN n = 0 THEN $3 ELSE uuidv7() END, b.id, b.tenant_id, b.team_id,
              CASE WHEN n / 3 % 2 = 1 THEN ($2::uuid[])[1 + n / 6 % cardinality($2::uuid[])] END,
              CASE WHEN n = 0 THEN $4::int ELSE 3 END
         FROM generate_series(0, $1::int) n JOIN business b ON b.turn = n % (SELECT count(*) FROM business)`,
      [data.conversations, data.agents, data.long.id, data.long.messages],
    );
    for (const statement of STATEMENTS) await client.query(statement);
    await client.query('RESET ROLE');
    await client.query(`ANALYZE ${TABLES.join(', ')}`);
  } finally {
    await client.end();
  }
}

const TABLES = [
  'contact',
  'conversation',
  'idempotency_key',
  'message',
  'message_key',
  'parked_status',
  'sender',
  'stream',
  'stream_event',
  'template',
  'webhook_delivery',
];

const STATEMENTS = [
  `INSERT INTO contact (id, tenant_id, wa_id, user_id)
   SELECT id, tenant_id, '6290' || n, CASE WHEN n % 2 = 0 THEN 'ID.' || n END FROM plan`,
  `INSERT INTO conversation (id, tenant_id, sender_id, contact_id, team_id, assignee_id, status, last_seq,
                             last_inbound_at, last_activity_at)
   SELECT id, tenant_id, sender_id, id, team_id, agent, CASE WHEN n % 9 < 3 THEN 'closed' ELSE 'open' END, size, now(),
          now() - n * interval '1 minute' FROM plan ORDER BY n`,
  `INSERT INTO message (id, tenant_id, conversation_id, sender_id, seq, direction, type, content, wamid, status,
                        occurred_at)
   SELECT uuidv7(), tenant_id, id, sender_id, k, CASE WHEN k % 2 = 0 THEN 'out' ELSE 'in' END, 'text',
          '{"body":"Halo, apakah kopi Gayo masih ada?"}', 'wamid.PLAN' || n || '.' || k,
          CASE WHEN k % 2 = 0 THEN 'read' ELSE 'received' END, now() - n * interval '1 minute'
     FROM plan CROSS JOIN generate_series(1, size) k ORDER BY k, n`,
  `INSERT INTO message_key (sender_id, wamid, tenant_id, message_id, conversation_id)
   SELECT sender_id, wamid, tenant_id, id, conversation_id FROM message WHERE wamid LIKE 'wamid.PLAN%'`,
  `INSERT INTO sender (id, tenant_id, waba_id, phone_number_id, display_phone_number, name, access_token)
   SELECT uuidv7(), gen_random_uuid(), 'waba-' || n, 'plan-' || n, '+62', 'Other', '\\x00' FROM generate_series(1, 150) n`,
  `INSERT INTO template (id, tenant_id, waba_id, name, language, category, status, components)
   SELECT DISTINCT ON (tenant_id, waba_id) gen_random_uuid(), tenant_id, waba_id, 'welcome', 'en', 'UTILITY', 'APPROVED', '[]'::jsonb FROM sender`,
  `INSERT INTO template (id, tenant_id, waba_id, name, language, category, status, components)
   SELECT gen_random_uuid(), gen_random_uuid(), 'waba', 'other', 'en', 'UTILITY', 'APPROVED', '[]'
     FROM generate_series(1, 2000)`,
  `INSERT INTO stream (tenant_id, epoch, head) SELECT tenant_id, gen_random_uuid(), 20000 FROM sender GROUP BY tenant_id
   ON CONFLICT (tenant_id) DO UPDATE SET head = excluded.head`,
  `INSERT INTO stream (tenant_id, epoch) SELECT gen_random_uuid(), gen_random_uuid() FROM generate_series(1, 6000)`,
  `INSERT INTO stream_event (tenant_id, position, conversation_id, seq, type, audience, data, occurred_at)
   SELECT tenant_id, row_number() OVER (PARTITION BY tenant_id ORDER BY n), id, size, 'message.received', '{}', '{}',
          now() - interval '71 hours' FROM plan WHERE n < 9000`,
  `UPDATE stream s SET head = (SELECT max(position) FROM stream_event e WHERE e.tenant_id = s.tenant_id)
    WHERE EXISTS (SELECT FROM stream_event e WHERE e.tenant_id = s.tenant_id)`,
  `INSERT INTO webhook_delivery (id, tenant_ids, received_at, body, status)
   SELECT uuidv7(), ARRAY[tenant_id], now() - interval '29 days', 'x',
          CASE WHEN n % 2 = 0 THEN 'processed' ELSE 'unrouted' END FROM plan ORDER BY n`,
  `INSERT INTO idempotency_key (tenant_id, agent_id, key, request_hash, message_id, created_at)
   SELECT tenant_id, id, 'plan', '\\x00', id, now() - interval '47 hours' FROM plan`,
  `INSERT INTO parked_status (sender_id, wamid, status, tenant_id, payload, received_at)
   SELECT sender_id, 'wamid.FOREIGN' || n, 'sent', tenant_id, '{}', now() - interval '34 days' FROM plan`,
];
