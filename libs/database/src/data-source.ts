import type { Pool } from 'pg';
import { DataSource, type DataSourceOptions, type EntitySchema, type MixedList } from 'typeorm';
import { boundedClient } from './bounded-client';

export interface DatabaseOptions {
  url: string;
  /** The Postgres schema that the service owns. */
  schema: string;
  /** As in `pg_stat_activity`. */
  applicationName: string;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- TypeORM's own type for entities
  entities: MixedList<Function | string | EntitySchema>;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- TypeORM's own type for migrations
  migrations?: MixedList<Function | string>;
  /**
   * The role that every connection takes on. Row-level security holds for it: it neither owns the tables nor
   * bypasses their policies, whoever logged in. Left out only by migrations.
   */
  role?: string;
  poolSize?: number;
  /** Set by tests only. */
  silenceMs?: number;
}

/**
 * Limits of every call to the database, in milliseconds. A statement that takes longer has gone wrong, and gives its lock
 * back. `silence` is the only one that holds where the network swallows everything: the server's word for a statement that
 * took too long has to come before it. Who finds all connections in use waits for one (`free`) longer than for one that
 * is opened (`connect`): the first only says that others are many, and there is still time for an answer.
 */
const LIMITS = {
  statement: 5_000,
  lock: 2_000,
  idleInTransaction: 10_000,
  free: 3_000,
  connect: 1_000,
  silence: 7_500,
};

/** A pool on the service's schema. It connects on first use, so a service starts while the database is away. */
export function createDataSource(options: DatabaseOptions): DataSource {
  const settings = [
    `-c search_path=${options.schema}`,
    ...(options.role
      ? [
          `-c role=${options.role}`,
          `-c statement_timeout=${LIMITS.statement}`,
          `-c lock_timeout=${LIMITS.lock}`,
          `-c idle_in_transaction_session_timeout=${LIMITS.idleInTransaction}`,
          // A plan that was made while a table was small is kept, and must be good for a big one.
          '-c enable_seqscan=off',
          // Planning costs more than running. Postgres would plan anew each time where it believes to know better.
          '-c plan_cache_mode=force_generic_plan',
          // Each would be a process of its own, for what takes no longer than to start one.
          '-c max_parallel_workers_per_gather=0',
        ]
      : []),
  ];
  const dataSourceOptions: DataSourceOptions = {
    type: 'postgres',
    url: options.url,
    schema: options.schema,
    applicationName: options.applicationName,
    entities: options.entities,
    ...(options.migrations && { migrations: options.migrations }),
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    poolSize: options.poolSize ?? 10,
    connectTimeoutMS: LIMITS.free,
    extra: {
      options: settings.join(' '),
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      pipeline: true,
      // A migration may take as long as it takes.
      ...(options.role && {
        Client: boundedClient({ connectMs: LIMITS.connect, silenceMs: options.silenceMs ?? LIMITS.silence }),
      }),
    },
    // A broken idle connection must not become an unhandled error that takes the process along.
    poolErrorHandler: () => undefined,
    logging: false,
  };
  return new DataSource(dataSourceOptions);
}

/** @throws where it is not connected yet; that passes by itself */
export function poolOf(source: DataSource): Pool {
  if (!source.isInitialized) throw new Error('Driver not Connected');
  return (source.driver as unknown as { master: Pool }).master;
}
