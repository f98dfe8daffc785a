/** The floor's database: everything of a batch in one statement, which is one transaction. */
import { createHash } from 'node:crypto';
import pg from 'pg';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS conversation (
    id uuid PRIMARY KEY, number text NOT NULL, customer text NOT NULL,
    last_seq bigint NOT NULL, unread int NOT NULL, last_message text NOT NULL, updated_at timestamptz NOT NULL
  ) WITH (fillfactor = 70);
  CREATE TABLE IF NOT EXISTS stream (number text PRIMARY KEY, last_position bigint NOT NULL) WITH (fillfactor = 70);
  CREATE TABLE IF NOT EXISTS message (
    wamid text PRIMARY KEY, conversation_id uuid NOT NULL, seq bigint NOT NULL, position bigint NOT NULL,
    body text NOT NULL, raw bytea NOT NULL, created_at timestamptz NOT NULL, UNIQUE (conversation_id, seq)
  );
  CREATE TABLE IF NOT EXISTS event (
    number text, position bigint, conversation_id uuid NOT NULL, seq bigint NOT NULL, PRIMARY KEY (number, position)
  )`;

/**
 * What is new takes the next seq of its conversation and the next position of its agent, under both rows' locks, which
 * are taken in one order. A second worker that stores the same at the same moment breaks the primary key of `message`
 * and does the batch again.
 */
const STORE = `
  WITH item AS (
    SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bytea[]) WITH ORDINALITY
      AS i(wamid, conversation_id, number, customer, body, raw, n)
  ), fresh AS (
    SELECT i.*, row_number() OVER (PARTITION BY conversation_id ORDER BY n DESC) - 1 AS after_seq,
           row_number() OVER (PARTITION BY number ORDER BY n DESC) - 1 AS after_position
      FROM item i LEFT JOIN LATERAL (SELECT true AS known FROM message m WHERE m.wamid = i.wamid LIMIT 1) k ON true
     WHERE known IS NULL
  ), changed AS (
    INSERT INTO conversation AS c
    SELECT conversation_id, min(number), min(customer), count(*), count(*),
           max(body) FILTER (WHERE after_seq = 0), now()
      FROM fresh GROUP BY conversation_id ORDER BY conversation_id
    ON CONFLICT (id) DO UPDATE SET last_seq = c.last_seq + excluded.last_seq, unread = c.unread + excluded.unread,
                    last_message = excluded.last_message, updated_at = excluded.updated_at
    RETURNING id, last_seq
  ), streams AS (
    INSERT INTO stream AS s SELECT number, count(*) FROM fresh GROUP BY number ORDER BY number
    ON CONFLICT (number) DO UPDATE SET last_position = s.last_position + excluded.last_position
    RETURNING number, last_position
  ), placed AS (
    SELECT f.*, c.last_seq - f.after_seq AS seq, s.last_position - f.after_position AS position
      FROM fresh f JOIN changed c ON c.id = f.conversation_id JOIN streams s ON s.number = f.number
  ), stored AS (
    INSERT INTO message SELECT wamid, conversation_id, seq, position, body, raw, now() FROM placed
  ), events AS (
    INSERT INTO event SELECT number, position, conversation_id, seq FROM placed
  )
  SELECT wamid, seq::float8, position::float8 FROM placed`;

/** What was here before: its first publication may have died with its worker. */
const KNOWN = 'SELECT wamid, seq::float8, position::float8 FROM message WHERE wamid = ANY($1)';

/** @typedef {{ wamid: string, number: string, customer: string, name: string, body: string, raw: Buffer }} Item */
/** @typedef {Item & { conversationId: string, seq: number, position: number }} Stored */

export async function openStore() {
  // Every lookup is by a key: a plan made while a table was small must not read all of it once it has grown.
  const options = '-c enable_seqscan=off';
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL, options });
  client.on('error', () => process.exit(1));
  await client.connect();
  await client.query(SCHEMA);

  return { store, close: () => client.end() };

  /** @param {Item[]} items @returns {Promise<Stored[]>} in their order, each once */
  async function store(items) {
    const byWamid = new Map(items.map((item) => [item.wamid, item]));
    const each = [...byWamid.values()].map((item) => ({ ...item, conversationId: conversationOf(item) }));
    const columns = /** @type {const} */ (['wamid', 'conversationId', 'number', 'customer', 'body', 'raw']);
    const values = columns.map((column) => each.map((item) => item[column]));
    const { rows } = await client.query({ name: 'store', text: STORE, values });
    if (rows.length < each.length) {
      const fresh = new Set(rows.map(({ wamid }) => wamid));
      const known = each.filter(({ wamid }) => !fresh.has(wamid)).map(({ wamid }) => wamid);
      rows.push(...(await client.query(KNOWN, [known])).rows);
    }
    const places = new Map(rows.map((row) => [row.wamid, row]));
    return each.map((item) => ({ ...item, ...places.get(item.wamid) }));
  }
}

/** @param {Item} item @returns {string} a UUID */
function conversationOf({ number, customer }) {
  const hex = createHash('md5').update(`${number}:${customer}`).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
