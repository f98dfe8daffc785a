/** A database as one that has run for a while. */
import { query } from '../lib/postgres.mjs';
import { secretsOf } from '../lib/secrets.mjs';

/** What the tools' Postgres keeps of its log at least (`min_wal_size`), in MiB. */
const LOG_MIB = 1024;
const AT_ONCE_MIB = 128;

/**
 * Fills its log once. A new database makes each file of its log while whoever commits waits for it; one that has run
 * uses those again that a checkpoint left. Without this the first gigabyte of load would measure a new database.
 *
 * @param {Pick<import('./stack.mjs').BenchStack, 'home' | 'info'>} stack
 */
export async function seasoned({ home, info }) {
  const admin = new URL(info.databaseUrl);
  admin.username = 'postgres';
  admin.password = secretsOf(home).postgresPassword;
  const fill = `SELECT pg_logical_emit_message(false, 'seasoned', repeat('x', 1048576)) FROM generate_series(1, ${AT_ONCE_MIB})`;
  for (let written = 0; written < LOG_MIB; written += AT_ONCE_MIB) await query(admin.href, [fill]);
  await query(admin.href, ['CHECKPOINT']);
}
