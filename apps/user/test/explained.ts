import { inTenant } from '@scrm/database';
import { Client } from 'pg';
import { APP_ROLE } from '../src/db/roles';
import { asRole } from './stack';

interface PlanNode {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}

/** What a statement did, and how many rows it looked at there: those that a filter dropped, too. */
export interface Step {
  how: string;
  rows: number;
}

interface Statement {
  text: string;
  values: unknown[];
}
type Query = (this: Client, ...args: unknown[]) => unknown;

/** What the service does by itself, all the time, it does as another role. */
const isForPeople = (client: Client) =>
  (client as unknown as { connectionParameters: { application_name?: string } }).connectionParameters
    .application_name === 'user';

/** The statements that read pages (in order, and limited), as the service asks them while `work` goes on. */
async function pagesAsked(work: () => Promise<unknown>): Promise<Statement[]> {
  const asked: Statement[] = [];
  const original = Client.prototype.query as unknown as Query;
  const listening: Query = function (this: Client, ...args) {
    const [text, values] = args;
    if (typeof text === 'string' && isForPeople(this) && /ORDER BY .* LIMIT/s.test(text))
      asked.push({ text, values: values as unknown[] });
    return original.apply(this, args);
  };
  Client.prototype.query = listening as unknown as typeof Client.prototype.query;
  try {
    await work();
  } finally {
    Client.prototype.query = original as unknown as typeof Client.prototype.query;
  }
  return asked;
}

/** The plans of the pages that `work` reads, in the role and with the limits of the service. */
export async function explained(
  url: string,
  tenantId: string,
  work: () => Promise<unknown>,
): Promise<Step[][]> {
  const statements = await pagesAsked(work);
  return asRole(url, APP_ROLE, (db) =>
    inTenant(db, tenantId, async (manager) => {
      const plans: Step[][] = [];
      for (const { text, values } of statements) {
        const explain = `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${text}`;
        const [row] = await manager.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }[]>(explain, values);
        plans.push(stepsOf(row!['QUERY PLAN'][0]!.Plan));
      }
      return plans;
    }),
  );
}

function stepsOf(node: PlanNode): Step[] {
  const rows = node['Actual Loops'] * (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0));
  return [{ how: node['Node Type'], rows }, ...(node.Plans ?? []).flatMap(stepsOf)];
}
