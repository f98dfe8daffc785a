import { AppError } from '@scrm/platform';
import { ID, startGateway, tokenWith, type Gateway } from '../../test/gateway';

interface Question {
  contract: string;
  request: { before?: number; limit: number };
}

let gateway: Gateway;
const token = tokenWith();
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
afterEach(() => (gateway.rpc.answer = () => ({})));
beforeEach(() => (gateway.rpc.calls = []));

const entry = (seq: number, minute: number) => ({
  seq,
  at: new Date(Date.UTC(2026, 0, 31, 8, minute)).toISOString(),
  hash: `hash-${seq}`,
});

/** Two services with trails: entries of `user` in even minutes, of `waba` in odd ones and later. */
function serveTrails(user: number, waba: number) {
  const trails: Record<string, ReturnType<typeof entry>[]> = {
    'user.access-audit.list.v1': Array.from({ length: user }, (_, n) => entry(n + 1, 2 * n)).reverse(),
    'waba.inbox-audit.list.v1': Array.from({ length: waba }, (_, n) => entry(n + 1, 2 * n + 1)).reverse(),
  };
  gateway.rpc.answer = () => {
    const { contract, request } = gateway.rpc.calls.at(-1) as unknown as Question;
    const items = (trails[contract] ?? []).filter(({ seq }) => seq < (request.before ?? Infinity));
    return { items: items.slice(0, request.limit) };
  };
}

type Page = { items: { service: string; seq: number }[]; nextCursor: string | null };
const page = async (query: string) => {
  const { status, body } = await gateway.ask('GET', `/api/v1/audit-log?${query}`, { token });
  expect(status).toBe(200);
  return body as unknown as Page;
};
const shown = ({ items }: Page) => items.map(({ service, seq }) => `${service} ${seq}`);

it.each([
  [5, 5],
  [7, 2],
  [0, 4],
  [4, 0],
  [0, 0],
])('shows the trails of all services as one, page after page: %i and %i', async (user, waba) => {
  serveTrails(user, waba);
  const seen: string[] = [];
  let cursor: string | null = '';
  let pages = 0;
  while (cursor !== null) {
    const next: Page = await page(`limit=3${cursor && `&cursor=${cursor}`}`);
    seen.push(...shown(next));
    cursor = next.nextCursor;
    pages++;
  }
  const all = [
    ...Array.from({ length: user }, (_, n) => ({ text: `user ${n + 1}`, minute: 2 * n })),
    ...Array.from({ length: waba }, (_, n) => ({ text: `waba ${n + 1}`, minute: 2 * n + 1 })),
  ].sort((a, b) => b.minute - a.minute);
  expect(seen).toEqual(all.map(({ text }) => text));
  expect(pages).toBe(Math.max(1, Math.ceil((user + waba) / 3)));
});

it('asks for what was asked for', async () => {
  gateway.rpc.answer = () => ({ items: [] });
  const filter = { actorId: ID, action: 'team.created', targetId: 'x', from: '2026-01-31T08:00:00Z' };
  await page(`limit=5&${new URLSearchParams(filter).toString()}`);
  const request = { ...filter, limit: 6 };
  expect(gateway.rpc.calls).toEqual([
    { contract: 'user.access-audit.list.v1', request, token },
    { contract: 'waba.inbox-audit.list.v1', request, token },
  ]);
});

it('exports all of it as lines, the last of which says that it is whole', async () => {
  serveTrails(600, 300);
  const response = await fetch(`${gateway.url}/api/v1/audit-log/export?action=team.created`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.headers.get('content-type')).toMatch('application/x-ndjson');
  expect(response.headers.get('content-disposition')).toMatch('attachment');
  const lines = (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines).toHaveLength(901);
  expect(lines.at(-1)).toEqual({
    ...{ complete: true, entries: 900 },
    heads: { user: { seq: 600, hash: 'hash-600' }, waba: { seq: 300, hash: 'hash-300' } },
  });
  expect(gateway.rpc.calls[0]).toEqual({
    contract: 'user.access-audit.export.v1',
    request: { action: 'team.created' },
    token,
  });
});

it('exports nothing that could not be written down before', async () => {
  gateway.rpc.answer = () => {
    throw new AppError('forbidden', 'Your role does not include audit.read.');
  };
  const { status, body } = await gateway.ask('GET', '/api/v1/audit-log/export', { token });
  expect([status, body.code]).toEqual([403, 'forbidden']);
});

it.each([
  ['an actor who is no id', 'actorId=me', ['actorId']],
  ['an action that is none', 'action=DROP%20TABLE', ['action']],
  ['a time that is none', 'from=yesterday', ['from']],
  ['a time that is not in UTC', 'to=2026-01-31T08:00:00%2B07:00', ['to']],
  ['a day that does not exist', 'from=2026-02-31T08:00:00Z', ['from']],
])('refuses %s', async (_, query, fields) => {
  const { status, body } = await gateway.ask('GET', `/api/v1/audit-log?${query}`, { token });
  expect([status, body.code]).toEqual([400, 'invalid_request']);
  expect([...new Set(body.errors?.map((e) => e.path))]).toEqual(fields);
});

it.each(['abc', Buffer.from('[1]').toString('base64url'), Buffer.from('[-1,"x"]').toString('base64url')])(
  'refuses a cursor that is not one of ours: %s',
  async (cursor) => {
    const { status, body } = await gateway.ask('GET', `/api/v1/audit-log?cursor=${cursor}`, { token });
    expect([status, body.code]).toEqual([400, 'invalid_cursor']);
  },
);
