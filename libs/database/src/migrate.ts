import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';

/**
 * Brings the schema to the newest migration. Two at once wait for each other; done ones are left alone. Runs as the
 * owner of the schema, as a step of its own: never when a service starts.
 */
export async function migrate(source: DataSource, schema: string): Promise<string[]> {
  await source.initialize();
  const runner = source.createQueryRunner();
  const lock = createHash('sha256').update(`migrate:${schema}`).digest().readInt32BE(0);
  try {
    // One lock for all schemas: migrations of two services create roles that both know.
    await runner.query('SELECT pg_advisory_lock(4242)');
    await runner.query('SELECT pg_advisory_lock($1)', [lock]);
    await runner.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
    const done = await source.runMigrations();
    return done.map((m) => m.name);
  } finally {
    await runner.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    await runner.release();
    await source.destroy();
  }
}

/** What TypeORM would still change to make the schema fit the entities. Empty where migrations and entities agree. */
export async function schemaDrift(source: DataSource): Promise<string[]> {
  const plan = await source.driver.createSchemaBuilder().log();
  return plan.upQueries.map((q) => q.query);
}

/**
 * The role exists, and the one who migrates may take it on and hand it out. They do not inherit it: its policies
 * would hold for them too, and the owner would see every tenant without asking. Idempotent.
 */
export const createRole = (role: string): string => `
  DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN
      BEGIN
        CREATE ROLE ${role} NOLOGIN NOINHERIT;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
      END;
    END IF;
    IF NOT pg_has_role(current_user, '${role}', 'SET') OR pg_has_role(current_user, '${role}', 'USAGE') THEN
      GRANT ${role} TO CURRENT_USER WITH SET TRUE, INHERIT FALSE;
    END IF;
  END $$`;

/**
 * Row-level security for a table with a `tenant_id`: the app role sees its tenant's rows only, the system roles
 * (which act for many tenants in one statement) see all. FORCE holds it for the owner too.
 */
export function tenantIsolation(
  table: string,
  roles: { app: string; system?: string },
  column = 'tenant_id',
): string[] {
  return [
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY tenant ON ${table} TO ${roles.app}
       USING (${column} = NULLIF(current_setting('scrm.tenant_id', true), '')::uuid)
       WITH CHECK (${column} = NULLIF(current_setting('scrm.tenant_id', true), '')::uuid)`,
    ...(roles.system
      ? [`CREATE POLICY system ON ${table} TO ${roles.system} USING (true) WITH CHECK (true)`]
      : []),
  ];
}
