/** A private Postgres: the real one, from a package, listening on the loopback interface only. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { commandOf, startOf } from './identity.mjs';
import { postgresPlace } from './postgres-place.mjs';
import { stopPid } from './processes.mjs';
import { Problem } from './say.mjs';
import { supervise } from './supervise.mjs';

/**
 * @typedef {object} PrivatePostgres
 * @property {string} url as scrm_owner, who owns the database `scrm` and is no superuser
 * @property {string} adminUrl as the superuser
 * @property {number} port
 * @property {import('./postgres-place.mjs').Place} place
 * @property {import('./supervise.mjs').Supervised} process
 */

/**
 * @param {object} options
 * @param {import('./processes.mjs').Processes} options.processes
 * @param {import('./secrets.mjs').Secrets} options.secrets
 * @param {number} options.port
 * @param {boolean} [options.disposable] data that nobody will miss: no fsync, and the owner may make databases
 * @param {(it: import('./supervise.mjs').Supervised) => unknown} [options.onChange]
 * @returns {Promise<PrivatePostgres>}
 */
export async function startPostgres({ processes, secrets, port, disposable = false, onChange }) {
  const place = await postgresPlace(processes.home, secrets.postgresPassword);
  const data = join(place.folder, 'data');
  const url = (/** @type {string} */ user, /** @type {string} */ password, /** @type {string} */ database) =>
    `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
  const adminUrl = url('postgres', secrets.postgresPassword, 'postgres');

  if (!existsSync(data)) await initdb(processes, place, data, secrets.postgresPassword);
  const supervised = await supervise({
    name: 'postgres',
    port,
    processes,
    onChange,
    start: async () => {
      await stopStray(data);
      return processes.spawn({
        name: 'postgres',
        command: place.postgres,
        args: ['-D', data, '-p', String(port), ...settings(disposable)],
        tier: 'database',
        signal: 'SIGINT', // a "fast" shutdown: ends sessions, then writes a checkpoint
        user: place.user,
        cwd: place.folder,
        log: processes.logOf('postgres'),
      });
    },
    isReady: () => answers(adminUrl, data),
  });
  await createDatabase(adminUrl, secrets.databasePassword, disposable);
  return {
    url: url('scrm_owner', secrets.databasePassword, 'scrm'),
    adminUrl,
    port,
    place,
    process: supervised,
  };
}

/** @param {boolean} disposable */
function settings(disposable) {
  const values = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '', // their paths may not be longer than some 100 characters
    max_connections: 200,
    shared_buffers: disposable ? '128MB' : '256MB',
    // At 2,000 messages/s its log grows by 10 MB/s. A checkpoint by size, every 25 s, would write each page anew.
    max_wal_size: disposable ? '512MB' : '4GB',
    min_wal_size: disposable ? '80MB' : '1GB',
    log_timezone: 'UTC',
    timezone: 'UTC',
    // Connections that the network swallowed as they were opened count against the limit until then.
    authentication_timeout: '10s',
    ...(disposable && { fsync: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/**
 * @param {import('./processes.mjs').Processes} processes
 * @param {import('./postgres-place.mjs').Place} place
 * @param {string} data
 * @param {string} password
 */
async function initdb(processes, place, data, password) {
  // Made beside and moved when complete: one that was interrupted is never taken for a database.
  const draft = `${data}.new`;
  const passwordFile = `${data}.password`;
  rmSync(draft, { recursive: true, force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (place.user) chownSync(passwordFile, place.user.uid, place.user.gid);
  try {
    await processes.run({
      name: 'initdb',
      command: place.initdb,
      args: [
        ...['-D', draft, '-U', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256', '-E', 'UTF8'],
        // The same sorting on every machine, whatever its system library knows.
        ...['--no-locale', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-sync'],
      ],
      user: place.user,
      cwd: place.folder,
      log: processes.logOf('postgres'),
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, data);
}

/**
 * After a crash the pid file is still there. Postgres itself would not start if that pid now belongs to
 * anybody, as it easily does after a restart of a container; so look whether it is a Postgres on this data.
 *
 * @param {string} data
 */
async function stopStray(data) {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const start = startOf(pid);
  if (start && commandOf(pid).includes(data))
    await stopPid({ pid, start }, { signal: 'SIGINT', graceMs: 10_000 });
  rmSync(file, { force: true });
}

/** @param {string} adminUrl @param {string} data */
async function answers(adminUrl, data) {
  try {
    await query(adminUrl, ['SELECT 1']);
    return true;
  } catch (error) {
    if (error.code === '28P01')
      throw new Problem(
        `the data in ${data} belongs to other secrets than this home's secrets.json: bring that file back, or remove the folder`,
      );
    return false;
  }
}

/** @param {string} adminUrl @param {string} password @param {boolean} disposable */
async function createDatabase(adminUrl, password, disposable) {
  const [roles, databases] = await query(adminUrl, [
    `SELECT 1 FROM pg_roles WHERE rolname = 'scrm_owner'`,
    `SELECT 1 FROM pg_database WHERE datname = 'scrm'`,
  ]);
  const rights = `LOGIN NOSUPERUSER CREATEROLE ${disposable ? 'CREATEDB' : 'NOCREATEDB'} PASSWORD '${password}'`;
  await query(adminUrl, [
    roles.length > 0 ? `ALTER ROLE scrm_owner ${rights}` : `CREATE ROLE scrm_owner ${rights}`,
    ...(databases.length > 0 ? [] : ['CREATE DATABASE scrm OWNER scrm_owner']),
    // Tests of faults end other sessions, as a failing database does.
    ...(disposable ? ['GRANT pg_signal_backend TO scrm_owner'] : []),
  ]);
}

/**
 * @param {string} url
 * @param {string[]} statements
 * @returns {Promise<any[][]>} the rows of each
 */
export async function query(url, statements) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // Told of a connection that breaks; whoever waits for an answer is told as well.
  client.on('error', () => {});
  try {
    await client.connect();
    const results = [];
    for (const statement of statements) results.push((await client.query(statement)).rows);
    return results;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Fails with one line if a given Postgres does not answer.
 *
 * @param {string} url
 */
export async function requirePostgres(url) {
  try {
    await query(url, ['SELECT 1']);
  } catch (error) {
    const why = error.message || error.code;
    throw new Problem(
      `DATABASE_URL does not work (${why}): start that Postgres, correct the URL, or unset it to get a private one`,
    );
  }
}
