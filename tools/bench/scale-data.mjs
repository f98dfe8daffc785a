/**
 * Fills the database of a running stack with the past of a large business: ten messages a conversation on average,
 * most with a few, some with a hundred, twenty with thousands; half of them assigned; over half a year, the newer the
 * more. Events and raw deliveries only as many as their retention leaves.
 */
import pg from 'pg';

/** One of so many conversations has a hundred messages. */
const BUSY_SHARE = 50;
/** So many have thousands. */
const BUSIEST = 20;

/**
 * @typedef {object} ScalePlan
 * @property {number} messages
 * @property {string} tenantId
 * @property {{ id: string, team: string }[]} senders
 * @property {{ id: string, name: string }[]} teams
 * @property {{ id: string, role: string, teams: string[] }[]} agents
 */

/**
 * @param {string} url as the owner of the database
 * @param {ScalePlan} plan
 * @param {(text: string) => void} note
 */
export async function fillDatabase(url, plan, note) {
  const client = new pg.Client({ connectionString: url, options: '-c search_path=waba' });
  await client.connect();
  try {
    for (const statement of SETTINGS) await client.query(statement);
    const indexes = await dropIndexes(client);
    await client.query(PLAN_TABLES);
    await client.query(
      'INSERT INTO team_of_sender SELECT * FROM unnest($1::uuid[], $2::uuid[])',
      teams(plan),
    );
    await client.query(
      'INSERT INTO agents_of_team SELECT * FROM unnest($1::uuid[], $2::uuid[])',
      agents(plan),
    );
    for (const [what, statement] of Object.entries(statements(plan))) {
      const began = performance.now();
      await client.query(statement);
      note(`${what}: ${seconds(began)} s`);
    }
    for (const { name, definition } of indexes) {
      const began = performance.now();
      await client.query(definition);
      note(`${name}: ${seconds(began)} s`);
    }
    const began = performance.now();
    for (const table of FILLED) await client.query(`VACUUM (ANALYZE) ${table}`);
    await client.query('CHECKPOINT').catch(() => undefined); // only some may
    note(`vacuum: ${seconds(began)} s`);
  } finally {
    await client.end();
  }
}

/**
 * @param {string} url
 * @returns {Promise<{ database: number, tables: Record<string, { rows: number, tableMiB: number, indexMiB: number }> }>}
 */
export async function sizes(url) {
  const client = new pg.Client({ connectionString: url, options: '-c search_path=waba' });
  await client.connect();
  try {
    const { rows } = await client.query(
      `SELECT c.relname AS name, c.reltuples::float8 AS rows, pg_table_size(c.oid)::float8 AS "table",
              pg_indexes_size(c.oid)::float8 AS indexes
         FROM pg_class c WHERE c.relnamespace = 'waba'::regnamespace AND c.relname = ANY($1)`,
      [FILLED],
    );
    const [{ size }] = (await client.query('SELECT pg_database_size(current_database())::float8 AS size'))
      .rows;
    const mib = (/** @type {number} */ bytes) => Math.round(bytes / 2 ** 20);
    return {
      database: mib(size),
      tables: Object.fromEntries(
        rows.map((r) => [r.name, { rows: r.rows, tableMiB: mib(r.table), indexMiB: mib(r.indexes) }]),
      ),
    };
  } finally {
    await client.end();
  }
}

const FILLED = ['contact', 'conversation', 'message', 'message_key', 'stream_event', 'webhook_delivery'];

const SETTINGS = [
  'SET synchronous_commit = off',
  "SET work_mem = '768MB'",
  "SET maintenance_work_mem = '1GB'",
  'SET max_parallel_maintenance_workers = 2',
];

const seconds = (/** @type {number} */ began) => ((performance.now() - began) / 1000).toFixed(1);

/** @param {ScalePlan} plan */
const teams = ({ senders, teams }) => [
  senders.map(({ id }) => id),
  senders.map(({ team }) => teams.find(({ name }) => name === team)?.id),
];

/** @param {ScalePlan} plan */
function agents({ agents, teams }) {
  const rows = agents
    .filter(({ role }) => role === 'agent')
    .flatMap((agent) => agent.teams.map((team) => [teams.find(({ name }) => name === team)?.id, agent.id]));
  return [rows.map(([team]) => team), rows.map(([, agent]) => agent)];
}

/** Building an index over all rows is much faster than adding each row to it. @param {pg.Client} client */
async function dropIndexes(client) {
  const { rows } = await client.query(
    `SELECT c.relname AS name, t.relname AS table, coalesce(
              'ALTER TABLE ' || t.relname || ' ADD ' || 'CONSTRAINT ' || k.conname || ' ' || pg_get_constraintdef(k.oid),
              pg_get_indexdef(c.oid)) AS definition, k.conname IS NOT NULL AS constrains
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
       LEFT JOIN pg_constraint k ON k.conindid = c.oid
      WHERE t.relnamespace = 'waba'::regnamespace AND t.relname = ANY($1)
      ORDER BY t.relname, k.conname IS NULL, c.relname`,
    [FILLED],
  );
  for (const { name, table, constrains } of rows)
    await client.query(constrains ? `ALTER TABLE ${table} DROP CONSTRAINT ${name}` : `DROP INDEX ${name}`);
  return rows;
}

const PLAN_TABLES = `
  CREATE TEMP TABLE team_of_sender (sender_id uuid, team_id uuid);
  CREATE TEMP TABLE agents_of_team (team_id uuid, agent_id uuid);
  GRANT SELECT ON team_of_sender, agents_of_team TO scrm_waba_system`;

/** @param {ScalePlan} plan @returns {Record<string, string>} */
function statements({ messages, tenantId }) {
  const conversations = Math.max(BUSIEST * 2, Math.round(messages / 10));
  const kept = Math.round(messages / 20);
  const tenant = `'${tenantId}'::uuid`;
  return {
    // Fixed from the number of the conversation, so that each run makes the same data but for ids and the clock.
    'conversation plan': `
      CREATE TEMP TABLE plan AS
      SELECT n, uuidv7(last_at - now() - interval '1 day') AS id, uuidv7(last_at - now() - interval '1 day') AS contact_id,
             s.sender_id, s.team_id,
             CASE WHEN n % 10 < 5 THEN s.agents[1 + n / 10 % cardinality(s.agents)] END AS assignee_id,
             '62877' || lpad(n::text, 8, '0') AS wa_id, size, gap, last_at,
             CASE WHEN last_at < now() - interval '60 days' THEN 'closed' ELSE 'open' END AS status
        FROM (SELECT n, CASE WHEN n <= ${BUSIEST} THEN ${Math.ceil(messages / 2_000)}
                             WHEN n <= ${Math.floor(conversations / BUSY_SHARE)} THEN 100
                             ELSE 1 + n * 7919 % 15 END AS size,
                     CASE WHEN n <= ${BUSIEST} THEN interval '9 minutes' ELSE interval '37 minutes' END AS gap,
                     date_trunc('milliseconds', now() - interval '1 minute' - interval '180 days'
                       * power(hashint8extended(n, 7)::float8 / 18446744073709551616 + 0.5, 2)) AS last_at
                FROM generate_series(1, ${conversations}::bigint) n) c
        JOIN (SELECT sender_id, team_id, row_number() OVER (ORDER BY sender_id) - 1 AS turn,
                     (SELECT array_agg(agent_id ORDER BY agent_id) FROM agents_of_team a WHERE a.team_id = t.team_id)
                       AS agents
                FROM team_of_sender t) s ON s.turn = n % (SELECT count(*) FROM team_of_sender);
      ANALYZE plan;
      GRANT SELECT ON plan TO scrm_waba_system;
      SET ROLE scrm_waba_system`,
    contacts: `
      INSERT INTO contact (id, tenant_id, profile_name, wa_id, created_at)
      SELECT contact_id, ${tenant}, 'Pelanggan ' || n, wa_id, last_at - size * gap FROM plan ORDER BY last_at`,
    messages: `
      INSERT INTO message (id, tenant_id, conversation_id, sender_id, seq, direction, type, content, wamid, status,
                           status_times, occurred_at, created_at, trace_id, agent_id)
      SELECT uuidv7(at - now()), ${tenant}, id, sender_id, 3 * k - 2, CASE WHEN k % 2 = 0 THEN 'out' ELSE 'in' END, 'text',
             jsonb_build_object('body', left('Halo, saya mau tanya: apakah kopi Gayo yang minggu lalu masih ada, dan ' ||
               'berapa harga untuk dua kilo? Kalau bisa dikirim ke Bandung besok pagi, saya pesan sekarang juga.',
               20 + (n * 31 + k * 17)::int % 150)),
             'wamid.HBgN' || encode(wa_id::bytea, 'base64') || 'FQIAERgS' || upper(left(md5(n || ':' || k), 20)) || 'AA==',
             CASE WHEN k % 2 = 0 THEN 'read' ELSE 'received' END,
             CASE WHEN k % 2 = 0 THEN jsonb_build_object('sent', at, 'delivered', at, 'read', at) ELSE '{}' END,
             at, at, md5(n::text || k), CASE WHEN k % 2 = 0 THEN assignee_id END
        FROM (SELECT p.*, k, last_at - (size - k) * gap AS at FROM plan p CROSS JOIN generate_series(1, size) k
               ORDER BY at) m`,
    keys: `
      INSERT INTO message_key (sender_id, wamid, tenant_id, message_id, conversation_id)
      SELECT sender_id, wamid, tenant_id, id, conversation_id FROM message
       WHERE conversation_id IN (SELECT id FROM plan)`,
    conversations: `
      INSERT INTO conversation (id, tenant_id, sender_id, contact_id, team_id, assignee_id, status, last_seq,
                                unread_count, last_inbound_at, last_message, last_activity_at, created_at, updated_at)
      SELECT id, ${tenant}, sender_id, contact_id, team_id, assignee_id, status, 3 * size, n % 3,
             last_at - (size - 1) % 2 * gap,
             jsonb_build_object('id', contact_id, 'direction', 'in', 'type', 'text', 'preview', 'Halo, saya mau tanya: ' ||
               'apakah kopi Gayo yang minggu lalu masih ada?', 'occurredAt', last_at),
             last_at, last_at - size * gap, last_at
        FROM plan ORDER BY last_at`,
    events: `
      INSERT INTO stream (tenant_id, epoch, head) VALUES (${tenant}, gen_random_uuid(), 0) ON CONFLICT DO NOTHING;
      UPDATE stream SET head = head + ${2 * messages} WHERE tenant_id = ${tenant};
      INSERT INTO stream_event (tenant_id, position, conversation_id, seq, type, audience, data, occurred_at)
      SELECT ${tenant}, (SELECT head FROM stream WHERE tenant_id = ${tenant}) - ${kept} + e.turn, e.conversation_id, e.seq,
             'message.received', jsonb_build_object('teamId', v.team_id, 'assigneeId', v.assignee_id),
             jsonb_build_object('message', to_jsonb(e) - 'raw' - 'pricing' - 'claimed_by' - 'claimed_at',
               'conversation', to_jsonb(v)),
             now() - interval '70 hours' * (1 - e.turn / ${kept}::float8)
        FROM (SELECT m.*, row_number() OVER (ORDER BY m.id) AS turn
                FROM (SELECT * FROM message WHERE conversation_id IN (SELECT id FROM plan)
                       ORDER BY occurred_at DESC LIMIT ${kept}) m) e
        JOIN conversation v ON v.id = e.conversation_id ORDER BY e.turn`,
    deliveries: `
      INSERT INTO webhook_delivery (id, tenant_ids, received_at, body, status)
      SELECT uuidv7(at - now()), ARRAY[${tenant}], at, convert_to(repeat(md5(n::text), 24), 'UTF8'), 'processed'
        FROM (SELECT n, now() - interval '70 hours' * (1 - n / ${kept}::float8) AS at
                FROM generate_series(1, ${kept}) n) d;
      RESET ROLE`,
  };
}
