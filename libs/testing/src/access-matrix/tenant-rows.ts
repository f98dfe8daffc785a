import { Client } from 'pg';

/** The rows of each table that name somebody. */
export type Rows = Record<string, string[]>;

/** A service's tables as their owner sees them, whichever tenant a row is of. The service's own roles stay as they are. */
export class TenantRows {
  private constructor(
    private readonly client: Client,
    private readonly tables: string[],
  ) {}

  static async open(databaseUrl: string, schema: string): Promise<TenantRows> {
    const client = new Client({ connectionString: databaseUrl, options: `-c search_path=${schema}` });
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class
        WHERE relnamespace = $1::regnamespace AND relkind = 'r' ORDER BY relname`,
      [schema],
    );
    const tables = rows.map(({ name }) => name);
    for (const table of tables) await client.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
    return new TenantRows(client, tables);
  }

  async insert(table: string, row: object): Promise<void> {
    const columns = Object.keys(row);
    const places = columns.map((_, index) => `$${index + 1}`);
    await this.client.query(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places.join(', ')})`,
      Object.values(row),
    );
  }

  /** All rows with this id in them, wherever. */
  async naming(id: string): Promise<Rows> {
    const selects = this.tables.map(
      (table) => `SELECT '${table}' AS name, t::text AS row FROM ${table} t WHERE t::text LIKE $1`,
    );
    const { rows } = await this.client.query<{ name: string; row: string }>(
      `${selects.join(' UNION ALL ')} ORDER BY name, row`,
      [`%${id}%`],
    );
    const found: Rows = {};
    for (const { name, row } of rows) (found[name] ??= []).push(row);
    return found;
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

/** The rows that are in one of the two and not in the other, by their tables. */
export function changedRows(before: Rows, after: Rows): Rows {
  const tables = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return Object.fromEntries(
    tables.flatMap((table) => {
      const [old, now] = [new Set(before[table]), new Set(after[table])];
      const changed = [
        ...[...old].filter((row) => !now.has(row)),
        ...[...now].filter((row) => !old.has(row)),
      ];
      return changed.length > 0 ? [[table, changed]] : [];
    }),
  );
}
