import { Client } from 'pg';

/** How a plan reads one table, and how many of its rows: those that a filter dropped are looked at too. */
export interface Read {
  table: string;
  how: string;
  rows: number;
}

/** A statement that the product sent, with what Postgres did for it under a plan that knows no parameters. */
export interface RecordedPlan {
  role: string;
  text: string;
  reads: Read[];
  /** The most rows that one sort was given. */
  sorted: number;
  /** Pages of 8 KiB, from memory or disk. */
  buffers: number;
  error?: string;
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Shared Hit Blocks'?: number;
  'Shared Read Blocks'?: number;
  Plans?: PlanNode[];
}

type Query = (this: Client, ...args: unknown[]) => unknown;
type Internals = Client & { connectionParameters?: { options?: string } };

/** The first of a text may find nothing to do; no more than so many of the same are looked at. */
const OF_ONE_TEXT = 4;

const EXPLAINABLE = /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b/i;
const ROLE = /role=(\w+)/;

/**
 * Listens to everything that this process asks Postgres, and has each statement explained where it stands: in its
 * transaction, on its connection, with its parameters, right before it really runs. What the explaining does is rolled
 * back.
 */
export class PlanRecorder {
  private readonly original = Client.prototype.query as unknown as Query;
  private readonly plans: RecordedPlan[] = [];
  private readonly seen = new Map<string, number>();
  private readonly inTransaction = new WeakSet<Client>();
  private readonly pending = new Set<Promise<void>>();
  private count = 0;

  start(): void {
    const { original } = this;
    const hear = this.hear.bind(this);
    const recording: Query = function (this: Client, ...args) {
      hear(this, args);
      return original.apply(this, args);
    };
    Client.prototype.query = recording as unknown as typeof Client.prototype.query;
  }

  async stop(): Promise<RecordedPlan[]> {
    Client.prototype.query = this.original as unknown as typeof Client.prototype.query;
    await Promise.all(this.pending);
    return this.plans;
  }

  private hear(client: Client, [first, second]: unknown[]) {
    const config =
      typeof first === 'string' ? { text: first, values: second } : (first as { text?: unknown });
    const { text, values } = config as { text?: unknown; values?: unknown };
    const role = ROLE.exec((client as Internals).connectionParameters?.options ?? '')?.[1];
    if (typeof text !== 'string' || !role) return;
    if (/^\s*(START TRANSACTION|BEGIN)/i.test(text)) this.inTransaction.add(client);
    else if (/^\s*(COMMIT|ROLLBACK)\s*$/i.test(text)) this.inTransaction.delete(client);
    if (!EXPLAINABLE.test(text) || !/\b(FROM|INTO|UPDATE)\b/i.test(text)) return;
    const key = `${role} ${text}`;
    const times = (this.seen.get(key) ?? 0) + 1;
    this.seen.set(key, times);
    if (times > OF_ONE_TEXT) return;
    const parameters = Array.isArray(values) ? values : [];
    const explained = this.explain(client, text, parameters).then(
      (plan) => void this.plans.push({ role, text, ...measure(plan) }),
      (error: Error) =>
        void this.plans.push({ role, text, reads: [], sorted: 0, buffers: 0, error: error.message }),
    );
    this.pending.add(explained);
  }

  /** Takes its place in the connection's queue before it returns, ahead of the statement itself. */
  private async explain(client: Client, text: string, parameters: unknown[]): Promise<PlanNode> {
    const name = `explained_${++this.count}`;
    const ask = (sql: string) => {
      const answer = this.original.call(client, sql) as Promise<{ rows: Record<string, unknown>[] }>;
      answer.catch(() => undefined);
      return answer;
    };
    const within = this.inTransaction.has(client);
    const call =
      parameters.length > 0 ? `${name}(${parameters.map((p) => literal(client, p)).join(', ')})` : name;
    void ask(within ? `SAVEPOINT ${name}` : 'BEGIN');
    const steps = [
      ask('SET LOCAL plan_cache_mode = force_generic_plan'),
      ask(`PREPARE ${name} AS ${text}`),
      ask(`EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE ${call}`),
    ];
    void ask(`DEALLOCATE ${name}`);
    void ask(within ? `ROLLBACK TO SAVEPOINT ${name}` : 'ROLLBACK');
    for (const step of steps) await step;
    const { rows } = await steps[2]!;
    return (rows[0]!['QUERY PLAN'] as { Plan: PlanNode }[])[0]!.Plan;
  }
}

function literal(client: Client, value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  const list = Buffer.isBuffer(value) ? elementsOf(value) : value;
  if (Array.isArray(list)) {
    const items = list.map((v) => (v === null ? 'NULL' : JSON.stringify(plain(v))));
    return client.escapeLiteral(`{${items.join(',')}}`);
  }
  return client.escapeLiteral(plain(value));
}

function plain(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const ELEMENTS: Record<number, (bytes: Buffer) => string> = {
  17: (bytes) => `\\x${bytes.toString('hex')}`,
  2950: (bytes) => bytes.toString('hex'),
  20: (bytes) => String(bytes.readBigInt64BE()),
  25: (bytes) => bytes.toString(),
  1184: (bytes) => new Date(Date.UTC(2000, 0, 1) + Number(bytes.readBigInt64BE() / 1000n)).toISOString(),
};

/** What an array in Postgres's binary format holds; null where the bytes are none. */
function elementsOf(bytes: Buffer): (string | null)[] | null {
  const read = bytes.length >= 20 && bytes.readInt32BE(0) === 1 ? ELEMENTS[bytes.readInt32BE(8)] : undefined;
  if (!read) return null;
  let at = 20;
  return Array.from({ length: bytes.readInt32BE(12) }, () => {
    const length = bytes.readInt32BE(at);
    const from = (at += 4);
    if (length < 0) return null;
    return read(bytes.subarray(from, (at += length)));
  });
}

function measure(root: PlanNode): Pick<RecordedPlan, 'reads' | 'sorted' | 'buffers'> {
  const reads: Read[] = [];
  let sorted = 0;
  const visit = (node: PlanNode) => {
    const { 'Node Type': how, 'Actual Loops': loops, 'Actual Rows': rows } = node;
    const dropped = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
    const table = node['Relation Name'];
    if (table && how.endsWith('Scan')) reads.push({ table, how, rows: Math.round((rows + dropped) * loops) });
    for (const child of node.Plans ?? []) {
      if (how.endsWith('Sort')) sorted = Math.max(sorted, child['Actual Rows'] * child['Actual Loops']);
      visit(child);
    }
  };
  visit(root);
  return {
    reads,
    sorted: Math.round(sorted),
    buffers: (root['Shared Hit Blocks'] ?? 0) + (root['Shared Read Blocks'] ?? 0),
  };
}
