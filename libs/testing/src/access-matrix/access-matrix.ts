import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorCode, Principal } from '@scrm/contracts';
import { z } from 'zod';
import { askersOf, forged, type Asker } from './askers';
import type { AnyRpc, RpcHandler } from './handlers';
import { idFieldsOf } from './id-fields';
import { changedRows, type Rows, type TenantRows } from './tenant-rows';

export type Who = Omit<Principal, 'expiresAt'>;

/** The running service, and how people come into it. */
export interface MatrixWorld {
  rows: TenantRows;
  /** Somebody with this role, in a new tenant. */
  join(role: Asker['role']): Promise<Who>;
  tokenOf(who: Who, lifetimeSeconds: number): string | Promise<string>;
  ask(contract: AnyRpc, request: object, token: string | undefined): Promise<unknown>;
  stop(): Promise<void>;
}

export interface AccessMatrix {
  handlers: RpcHandler[];
  start(): Promise<MatrixWorld>;
  /** For each field that holds an id, by its name: makes such a thing in the tenant of `who`, whom it may serve. */
  ids: Record<string, (world: MatrixWorld, who: Who) => Promise<string>>;
  /**
   * By contract: what a request needs besides its golden example and ids, so that whoever may ask gets an answer, and a
   * list something to show.
   */
  requests: Record<string, (world: MatrixWorld, who: Who) => object | Promise<object>>;
  /** By access: the tables that it may change, besides the audit trail. What only reads changes nothing. */
  changes: Record<string, string[]>;
  /** Fields that are called ids, and name nothing that is kept here; and what they are. */
  notOurs: Record<string, string>;
  /** By field: what is said beside an id inside of something. */
  beside: Record<string, object>;
  /** Tables that whatever is done may fill, for all of the tenant. */
  shared: string[];
  /** By contract: what whoever may ask hears, where an answer takes more than rows. Its own tests have that. */
  unanswered: Record<string, ErrorCode>;
  /** By `contract field`: foreign ids that are taken today, and why. Goes as soon as they are refused. */
  taken: Record<string, string>;
}

const GOLDEN = join(__dirname, '../../../contracts/golden');
const LIFETIME_S = 600;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Cases for every question that a service answers: each role, no token or a wrong one, and each foreign id. */
export function testAccess(matrix: AccessMatrix): void {
  const people = matrix.handlers.filter(({ access }) => access !== 'service');
  const cases = people.flatMap((handler) =>
    askersOf(handler.access).map((asker) => ({ ...handler, ...asker, key: handler.contract.key })),
  );
  // What anybody may ask, without a token, is nobody's: its ids are of no other tenant.
  const foreign = people
    .filter(({ access }) => access !== 'public')
    .flatMap((handler) =>
      idFieldsOf(handler.contract.request)
        .filter((field) => !(field in matrix.notOurs))
        .map((field) => ({ ...handler, field, key: handler.contract.key })),
    );
  let world: MatrixWorld;
  /** Of another tenant: what it has is nobody else's business. */
  let bystander: Who;

  beforeAll(async () => {
    world = await matrix.start();
    bystander = await world.join('admin');
    for (const make of Object.values(matrix.ids)) await make(world, bystander);
  });
  afterAll(() => world.stop());

  const fieldOf = (field: string, id: string) => asField(field, id, matrix.beside[field]);
  const rowsOf = ({ tenantId }: Who) => world.rows.naming(tenantId);

  async function tokenFor(who: Who, { token, kind }: Asker): Promise<string | undefined> {
    if (token === 'none') return undefined;
    const made = await world.tokenOf({ ...who, kind }, token === 'expired' ? -1 : LIFETIME_S);
    return token === 'forged' ? forged(made) : made;
  }

  /** The golden request with ids of rows that are there, for `who` to be asked. */
  async function requestOf(contract: AnyRpc, who: Who): Promise<Record<string, unknown>> {
    const { cursor: _, before: __, ...request } = goldenRequest(contract.key);
    const known = idFieldsOf(contract.request).filter((field) => field in matrix.ids);
    for (const field of known.filter((name) => nameOf(name) in request))
      Object.assign(request, fieldOf(field, await matrix.ids[field]!(world, who)));
    return { ...request, ...(await matrix.requests[contract.key]?.(world, who)) };
  }

  async function arrive(contract: AnyRpc, asker: Asker) {
    const who = await world.join(asker.role);
    return { who, request: await requestOf(contract, who), token: await tokenFor(who, asker) };
  }

  describe('an id in a request', () => {
    it.each(foreign)('of $key is one that can be made: $field', ({ field }) => {
      expect(Object.keys(matrix.ids)).toContain(field);
    });

    it('has no entry in the tables here that nothing needs', () => {
      const named = [matrix.requests, matrix.unanswered, matrix.taken].flatMap(Object.keys);
      const known = [...people.map((h) => h.contract.key), ...foreign.map((f) => `${f.key} ${f.field}`)];
      expect(named.filter((name) => !known.includes(name))).toEqual([]);
      expect(Object.keys(matrix.ids).filter((id) => !foreign.some((f) => f.field === id))).toEqual([]);
      expect(Object.keys(matrix.changes).filter((a) => !people.some((h) => h.access === a))).toEqual([]);
    });
  });

  describe('is refused, and nothing changes', () => {
    it.each(cases.filter(({ refusal }) => refusal !== null))('$key ($access): $name', async (asker) => {
      const { who, request, token } = await arrive(asker.contract, asker);
      const before = await rowsOf(who);
      await expect(world.ask(asker.contract, request, token)).rejects.toMatchObject({ code: asker.refusal });
      expect(await rowsOf(who)).toEqual(before);
    });
  });

  describe('gets an answer, and neither sees nor changes what is not its business', () => {
    it.each(cases.filter(({ refusal }) => refusal === null))('$key ($access): $name', async (asker) => {
      const { who, request, token } = await arrive(asker.contract, asker);
      const [before, theirs] = [await rowsOf(who), await rowsOf(bystander)];
      const refusal = matrix.unanswered[asker.key];
      const asking = world.ask(asker.contract, request, token);
      const answer = refusal ? await refusalOf(asking) : await asking;
      expect(answer).toEqual(refusal ? { code: refusal } : answer);
      const changed = changedRows(before, await rowsOf(who));
      const { audit_entry: _, ...others } = changed;
      const allowed = [...matrix.shared, ...(matrix.changes[asker.access] ?? [])];
      expect(Object.keys(others).filter((table) => !allowed.includes(table))).toEqual([]);
      expect(asker.access === 'signed-in' ? strangersIn(changed, who, matrix.shared) : []).toEqual([]);
      expect(changedRows(theirs, await rowsOf(bystander))).toEqual({});
      expect(uuidsIn(answer).filter((id) => uuidsIn(theirs).includes(id))).toEqual([]);
    });
  });

  describe('of another tenant is as good as none', () => {
    const marked = foreign.map((f) => ({
      ...f,
      mark: matrix.taken[`${f.key} ${f.field}`] ? ', but for now: take the mark away once it is' : '',
    }));

    it.each(marked)('$key $field$mark', async ({ contract, access, field, mark }) => {
      const { theirs, nobodys, changed } = await askForTheirs(contract, field);
      expect(changed).toEqual({});
      expect(verdictOn(theirs, nobodys, access)).toBe(mark ? 'taken' : 'as good as none');
    });
  });

  describe('a list', () => {
    const lists = people.filter(({ contract }) => 'items' in fieldsOf(contract.response).properties);

    it.each(lists)(
      'shows what is there, and nothing of another tenant: $contract.key',
      async ({ contract }) => {
        const shownTo = async (who: Who) => {
          const request = await requestOf(contract, who);
          const { properties, required } = fieldsOf(contract.request);
          const bare = Object.fromEntries(required.map((field) => [field, request[field]]));
          const all = 'limit' in properties ? { ...bare, limit: 100 } : bare;
          const token = await world.tokenOf(who, LIFETIME_S);
          return uuidsIn(await world.ask(contract, all, token));
        };
        const theirs = await shownTo(bystander);
        expect(theirs).not.toEqual([]);
        const mine = await shownTo(await world.join('admin'));
        expect(mine.filter((id) => theirs.includes(id))).toEqual([]);
      },
    );
  });

  /** An admin asks with one id of the bystander's, and then with one of nobody's in its place. */
  async function askForTheirs(contract: AnyRpc, field: string) {
    const { request, token } = await arrive(contract, ADMIN);
    const askWith = (id: string) =>
      outcomeOf(world.ask(contract, { ...request, ...fieldOf(field, id) }, token), id);
    const id = await matrix.ids[field]!(world, bystander);
    const before = await rowsOf(bystander);
    const theirs = await askWith(id);
    const nobodys = await askWith(randomUUID());
    return { theirs, nobodys, changed: changedRows(before, await rowsOf(bystander)) };
  }
}

const ADMIN: Asker = { name: 'admin', role: 'admin', kind: 'agent', token: 'good', refusal: null };

const nameOf = (field: string) => field.replace(/\..*$/, '');

/** `roles.*` is a list of ids, of one here; `taker.agentId` is inside of something, beside more. */
function asField(field: string, id: string, beside: object = {}): object {
  const [name, inner] = field.split('.') as [string, string?];
  if (inner === undefined) return { [name]: id };
  return { [name]: inner === '*' ? [id] : { ...beside, [inner]: id } };
}

const refusalOf = (asking: Promise<unknown>): Promise<unknown> =>
  asking.catch(({ code }: { code: string }) => ({ code }));

type Heard = Record<string, unknown>;

/** What an id of another tenant comes to, where one of nobody's is heard of as `nobodys`. */
function verdictOn(theirs: Heard, nobodys: Heard, access: string): string {
  const [heard, expected] = [JSON.stringify(theirs), JSON.stringify(nobodys)];
  const isAnswer = !('code' in theirs);
  // What only filters a list by it may answer, with nothing.
  const { items = [], nextCursor = null, ...more } = theirs;
  const isEmpty = access.endsWith('.read') && JSON.stringify([items, nextCursor, more]) === '[[],null,{}]';
  if (heard === expected && (isAnswer ? isEmpty : theirs.code === 'not_found')) return 'as good as none';
  return isAnswer && !('code' in nobodys) ? 'taken' : `${heard}, and nobody's: ${expected}`;
}

/** What came back, as it would be for any other id. */
async function outcomeOf(asked: Promise<unknown>, id: string): Promise<Heard> {
  const heard = await asked.catch((error: { code: string; message: string; errors?: unknown }) => {
    const { code, message, errors } = error;
    return { code, message, errors };
  });
  return JSON.parse(JSON.stringify(heard).replaceAll(id, '<id>')) as Heard;
}

/** The fields of an object that crosses the broker. */
function fieldsOf(schema: z.ZodType): { properties: object; required: string[] } {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return { properties, required };
}

function goldenRequest(key: string): Record<string, unknown> {
  const text = readFileSync(join(GOLDEN, `${key}.json`), 'utf8');
  return (JSON.parse(text) as { request: Record<string, unknown> }).request;
}

const uuidsIn = (value: unknown): string[] => [...JSON.stringify(value).matchAll(UUID)].map(([id]) => id);

/** Rows that do not name who asked: of somebody else. */
const strangersIn = (changed: Rows, { agentId }: Who, shared: string[]): string[] =>
  Object.entries(changed)
    .flatMap(([table, rows]) => (shared.includes(table) ? [] : rows))
    .filter((row) => !row.includes(agentId));
