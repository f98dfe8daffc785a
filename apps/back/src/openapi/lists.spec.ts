import type { OpenAPIObject } from '@nestjs/swagger';
import { operationsOf, startGateway, type Gateway } from '../../test/gateway';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

/** What a list does without, and why. */
const CATALOGUE = 'it is in the code, the same for everybody';
const FEW = 'a hundred at most, all of them in one answer';
const EXCEPTIONS: Record<string, Record<string, string>> = {
  'GET /api/v1/audit-log': {
    sort: 'entries are in the order in which they were written, which their hashes show',
  },
  'GET /api/v1/permissions': {
    ...{ cursor: CATALOGUE, limit: CATALOGUE, sort: CATALOGUE, filter: CATALOGUE, nextCursor: CATALOGUE },
  },
  'GET /api/v1/roles': { cursor: FEW, limit: FEW, sort: FEW, nextCursor: FEW },
  'GET /api/v1/conversations': {
    sort: 'the inbox has one order, last active first: sockets keep it up to date',
  },
  'GET /api/v1/conversations/{id}/messages': {
    sort: 'messages are in the order of the conversation, which their seq is',
    filter: 'a conversation is read as a whole: a part of it would have gaps in its seq',
  },
};

type Schema = Record<string, unknown>;
type Operation = ReturnType<typeof operationsOf>[number]['operation'];

/** The properties of what an operation answers; a list has `items`. */
function answerOf(document: OpenAPIObject, { responses }: Operation): string[] {
  const { content } = (responses['200'] ?? {}) as { content?: Record<string, { schema: Schema }> };
  const ref = content?.['application/json']?.schema.$ref as string | undefined;
  const schema = ref && (document.components!.schemas![ref.split('/').at(-1)!] as Schema);
  return schema ? Object.keys(schema.properties as Schema) : [];
}

/** What of a list an operation does not have. */
function missingIn(document: OpenAPIObject, operation: Operation): string[] {
  const parameters = (operation.parameters ?? []) as { name: string; in: string }[];
  const query = parameters.filter((p) => p.in === 'query').map(({ name }) => name);
  const isFilter = (name: string) => !['cursor', 'limit', 'sort'].includes(name);
  return [
    ...['cursor', 'limit', 'sort'].filter((name) => !query.includes(name)),
    ...(query.some(isFilter) ? [] : ['filter']),
    ...(answerOf(document, operation).includes('nextCursor') ? [] : ['nextCursor']),
  ];
}

const lists = () =>
  operationsOf(gateway.document)
    .filter(
      ({ method, operation }) => method === 'GET' && answerOf(gateway.document, operation).includes('items'),
    )
    .map(({ method, path, operation }) => ({ route: `${method} ${path}`, operation }));

it('are paged, sorted and filtered, all of them, but for what is said here', () => {
  const found = lists().map(
    ({ route, operation }) => [route, missingIn(gateway.document, operation)] as const,
  );
  expect(found.length).toBeGreaterThan(8);
  const excused = (route: string) => Object.keys(EXCEPTIONS[route] ?? {});
  const missing = found.map(([route, what]) => [route, what.filter((one) => !excused(route).includes(one))]);
  expect(missing.filter(([, what]) => what!.length > 0)).toEqual([]);
});

it('are excused from nothing that they have', () => {
  const found = new Map(
    lists().map(({ route, operation }) => [route, missingIn(gateway.document, operation)]),
  );
  for (const [route, excuses] of Object.entries(EXCEPTIONS))
    expect([route, found.get(route)]).toEqual([route, Object.keys(excuses)]);
});

it('say each order, and one of them by default', () => {
  for (const { route, operation } of lists().filter(({ route }) => !EXCEPTIONS[route]?.sort)) {
    const parameters = operation.parameters as {
      name: string;
      schema: { enum: string[]; default: string };
    }[];
    const { schema } = parameters.find(({ name }) => name === 'sort')!;
    expect([route, schema.enum]).toEqual([route, expect.arrayContaining([schema.default])]);
    const keys = new Set(schema.enum.map((sort) => sort.replace(/^-/, '')));
    expect([...schema.enum].sort()).toEqual([...keys].flatMap((key) => [key, `-${key}`]).sort());
  }
});

it.each([
  '/agents?sort=password',
  '/agents?sort=name&sort=email',
  '/agents?minLevel=6',
  '/agents?language=xx',
  '/agents?skill=a%7Cb',
  '/agents?teamId=sales',
  '/teams?sort=members',
  '/me/sessions?sort=ip',
  `/agents?q=${'x'.repeat(101)}`,
  `/agents?cursor=${'x'.repeat(2_001)}`,
])('refuse %s, and say why', async (path) => {
  const { status, body } = await gateway.ask('GET', `/api/v1${path}`);
  expect([status, body.code]).toEqual([400, 'invalid_request']);
  const parameter = /\?(\w+)/.exec(path)![1];
  expect([...new Set(body.errors!.map((error) => error.path))]).toEqual([parameter]);
  expect(gateway.rpc.calls).toEqual([]);
});
