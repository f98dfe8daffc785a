import type { Writable } from 'node:stream';
import type { PoolClient } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { poolOf } from './data-source';

const SET_TENANT = `SELECT set_config('scrm.tenant_id', $1, true)`;

/**
 * Runs `work` in one transaction that sees only this tenant's rows: the policies read the setting, and the setting
 * ends with the transaction, so a pooled connection never carries a tenant over.
 */
export function inTenant<T>(
  dataSource: DataSource,
  tenantId: string,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  return dataSource.transaction(async (manager) => {
    await manager.query(SET_TENANT, [tenantId]);
    return work(manager);
  });
}

/**
 * A transaction for the roads. Statements go out as they are asked for, in their order, without waiting for the
 * answers of those before; and each connection has the server parse and plan a text once. So texts must be constant.
 */
export class Transaction {
  private readonly sent: Promise<unknown>[] = [];
  private over: Promise<void> | undefined;
  private gathering = false;

  constructor(private readonly client: PoolClient) {}

  async query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    this.gather();
    const { rows } = await this.client.query(prepared(text, values));
    return rows as Row[];
  }

  /** For what nobody reads the answer of: a failure of it fails the commit. */
  send(text: string, values: unknown[] = []): void {
    const answer = this.query(text, values);
    answer.catch(() => undefined);
    this.sent.push(answer);
  }

  /** Sends a last statement and the commit right behind it: locks are held as short as can be. */
  async commitWith<Row>(text: string, values: unknown[]): Promise<Row[]> {
    const last = this.query<Row>(text, values);
    const [rows] = await Promise.all([last, this.commit()]);
    return rows;
  }

  /** Once: a transaction that is committed stays so. */
  commit(): Promise<void> {
    return (this.over ??= this.end());
  }

  private async end() {
    this.gather();
    const commit = this.client.query('COMMIT');
    this.flush();
    const [{ command }] = await Promise.all([commit, ...this.sent]);
    // Postgres answers the COMMIT of a transaction in which a statement failed with a ROLLBACK, and no error.
    if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
  }

  /** What is asked in one go is one write, and wakes the server once. */
  private gather() {
    if (this.gathering) return;
    this.gathering = true;
    this.stream.cork();
    process.nextTick(() => this.flush());
  }

  private flush() {
    if (!this.gathering) return;
    this.gathering = false;
    this.stream.uncork();
  }

  private get stream(): Writable {
    return (this.client as unknown as { connection: { stream: Writable } }).connection.stream;
  }
}

/** Runs `work` in a {@link Transaction}, and commits it where `work` has not. */
export function transaction<T>(source: DataSource, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return transact(source, null, work);
}

/** The same, and it sees only this tenant's rows; see {@link inTenant}. */
export function tenantTransaction<T>(
  source: DataSource,
  tenantId: string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return transact(source, tenantId, work);
}

/** One statement on its own, parsed and planned once a connection; its text must be constant. */
export async function execute<Row>(source: DataSource, text: string, values: unknown[] = []): Promise<Row[]> {
  const { rows } = await poolOf(source).query(prepared(text, values));
  return rows as Row[];
}

async function transact<T>(
  source: DataSource,
  tenantId: string | null,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const client = await poolOf(source).connect();
  const tx = new Transaction(client);
  let broken: Error | undefined;
  const onError = (error: Error) => (broken = error);
  client.on('error', onError);
  try {
    tx.send('BEGIN');
    if (tenantId !== null) tx.send(SET_TENANT, [tenantId]);
    const result = await work(tx);
    await tx.commit();
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => (broken ??= failure));
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

const names = new Map<string, string>();

function prepared(text: string, values: unknown[]) {
  let name = names.get(text);
  if (!name) names.set(text, (name = `s${names.size}`));
  return { name, text, values };
}

/** The constraint that a unique violation named; undefined for other errors. */
export function violatedConstraint(error: unknown): string | undefined {
  const driver = (error as { driverError?: { code?: unknown; constraint?: string } })?.driverError;
  return driver?.code === '23505' ? driver.constraint : undefined;
}
