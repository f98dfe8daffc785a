import type { ImportedLine } from '@scrm/contracts';
import { AppError } from '@scrm/platform';
import { eventually } from '@scrm/testing';
import { ID, startGateway, tokenWith, type Answer, type Gateway } from '../../test/gateway';

let gateway: Gateway;
const token = tokenWith();
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

type Asked = { dryRun: boolean; lines: { line: number; cells: Record<string, string> }[] };
const asked = () => gateway.rpc.calls.map(({ request }) => request as Asked);
/** What the user service says, unless a test wants it otherwise. */
let answers: (request: Asked) => unknown;
const created = ({ lines }: Asked) => ({
  lines: lines.map(({ line, cells }): ImportedLine => {
    const invitation = { token: `token-${line}`, expiresAt: '2026-11-29T08:00:00.000Z' };
    const email = cells.email!;
    return { line, outcome: 'created', email, agentId: ID, invitation, column: null, reason: null };
  }),
});
beforeEach(() => {
  gateway.rpc.calls = [];
  answers = created;
  gateway.rpc.answer = () => answers(asked().at(-1)!);
});

const csv = { 'content-type': 'text/csv; charset=utf-8' };
const send = (raw: string, path = '/api/v1/agents/import') =>
  gateway.ask('POST', path, { token, raw, headers: csv });
const HEADER = 'name,email,role';
const row = (n: number) => `Agent ${n},a${n}@demo.test,agent`;
const file = (count: number) => [HEADER, ...Array.from({ length: count }, (_, i) => row(i + 2))].join('\n');
interface Report {
  lines: ImportedLine[];
}
const linesOf = (body: object) => (body as Report).lines;

describe('an import', () => {
  it('asks for each line as it is written, by its number and columns', async () => {
    const raw =
      'Email;NAME;role;status;teams\r\nsari@demo.test;"Wulan; Sari";agent;active;Sales|Support\r\n\r\nb@demo.test;Budi;agent;;\r\n';
    const { status, body, headers } = await send(raw);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch('application/json');
    const [first, second] = asked();
    expect(first).toEqual({ dryRun: false, lines: [] });
    expect(second).toEqual({
      dryRun: false,
      lines: [
        {
          line: 2,
          cells: { email: 'sari@demo.test', name: 'Wulan; Sari', role: 'agent', teams: 'Sales|Support' },
        },
        { line: 4, cells: { email: 'b@demo.test', name: 'Budi', role: 'agent', teams: '' } },
      ],
    });
    expect(gateway.rpc.calls.map((call) => [call.contract, call.token])).toEqual(
      [1, 2].map(() => ['user.agent.import.v1', token]),
    );
    expect(body).toMatchObject({ dryRun: false, created: 2, exists: 0, failed: 0, unknown: 0 });
    expect(linesOf(body).map(({ line, invitation }) => [line, invitation?.token])).toEqual([
      [2, 'token-2'],
      [4, 'token-4'],
    ]);
  });

  it('goes by batches of 200, in their order', async () => {
    const { body } = await send(file(450));
    expect(asked().map(({ lines }) => lines.length)).toEqual([0, 200, 200, 50]);
    expect(linesOf(body).map(({ line }) => line)).toEqual(Array.from({ length: 450 }, (_, i) => i + 2));
    expect(body).toMatchObject({ created: 450 });
  });

  it('is tried out', async () => {
    const { body } = await send(file(1), '/api/v1/agents/import?dryRun=true');
    expect(body.dryRun).toBe(true);
    expect(asked().map(({ dryRun }) => dryRun)).toEqual([true, true]);
    const wrong = await send(file(1), '/api/v1/agents/import?dryRun=maybe');
    expect([wrong.status, wrong.body.errors![0]!.path]).toEqual([400, 'dryRun']);
  });

  it('fails single lines that are no lines of the file, and goes on', async () => {
    const { body } = await send(
      [HEADER, row(2), 'Sari,s@demo.test', row(4), 'x,A2@DEMO.test,agent', row(6)].join('\n'),
    );
    expect(asked()[1]!.lines.map(({ line }) => line)).toEqual([2, 4, 6]);
    expect(body).toMatchObject({ created: 3, failed: 2 });
    expect(linesOf(body).map(({ line, outcome, reason }) => [line, outcome, reason])).toEqual([
      [2, 'created', null],
      [3, 'failed', 'it has 2 cells, and the file has 3 columns'],
      [4, 'created', null],
      [5, 'failed', 'line 2 has the same email'],
      [6, 'created', null],
    ]);
  });

  it.each([
    ['no columns', '', /does not name name, email, role/],
    ['no role', 'name,email\nx,y\n', /does not name role/],
    ['an unknown column', 'name,email,role,password\n', /no column: password/],
    ['a column twice', 'name,email,role,Name\n', /twice name/],
    ['a quote that is open', `${HEADER}\n"x,y,z\n`, /quote is not closed/],
  ])('refuses a file with %s, and imports nothing of it', async (_, raw, says) => {
    const { status, body } = await send(raw);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body.detail).toMatch(says);
    expect(asked()).toEqual([{ dryRun: false, lines: [] }]);
  });

  it('refuses a file that is too large, and imports nothing of it', async () => {
    const lines = await send(file(10_001));
    const bytes = await send(`${HEADER}\n${'x\n'.repeat(5 * 1024 * 1024)}`);
    for (const { status, body } of [lines, bytes]) {
      expect([status, body.code]).toEqual([413, 'payload_too_large']);
      expect(body.detail).toMatch(/split it/);
    }
    expect(asked().flatMap((one) => one.lines)).toEqual([]);
    expect((await send(file(10_000))).body).toMatchObject({ created: 10_000 });
  });

  it.each([
    ['lines', 'x,y,z\n'.repeat(10_000)],
    ['bytes', `${'x'.repeat(50_000)}\n`.repeat(4)],
  ])('refuses a file of too many %s, also where it comes without its size', async (_, part) => {
    const chunk = Buffer.from(part);
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if ((sent += chunk.length) > 40 * 1024 * 1024) controller.close();
        else controller.enqueue(sent === chunk.length ? Buffer.from(`${HEADER}\n`) : chunk);
      },
    });
    const answer = await fetch(`${gateway.url}/api/v1/agents/import`, {
      method: 'POST',
      headers: { ...csv, authorization: `Bearer ${token}` },
      body,
      duplex: 'half',
    });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: 'payload_too_large' });
  });

  it('is refused before the file is read, for whom it is not', async () => {
    answers = () => {
      throw new AppError('forbidden', 'Your role does not include agent.invite.');
    };
    const { status, body } = await send(file(3));
    expect([status, body.code]).toEqual([403, 'forbidden']);
    expect(asked()).toHaveLength(1);
  });

  it('tells what was done where the service goes away in the middle of it, and stops', async () => {
    answers = (request) => {
      if (asked().length === 3) throw new AppError('timeout', 'A service did not answer in time: try again.');
      return created(request);
    };
    const { status, body } = await send(file(650));
    expect(status).toBe(200);
    expect(asked()).toHaveLength(3);
    expect(body).toMatchObject({ created: 200, unknown: 200, failed: 250 });
    expect(linesOf(body)[250]).toMatchObject({
      line: 252,
      invitation: null,
      reason: expect.stringMatching(/again/) as string,
    });
    expect(linesOf(body)[649]!.reason).toMatch(/Not tried/);
  });

  it('takes CSV, and other routes do not', async () => {
    const json = await gateway.ask('POST', '/api/v1/agents/import', { token, body: {} });
    const other = await send(file(1), '/api/v1/agents');
    const none = await gateway.ask('POST', '/api/v1/agents/import', { token });
    for (const { status, body } of [json, other, none])
      expect([status, body.code]).toEqual([415, 'unsupported_media_type']);
    expect(asked()).toEqual([]);
  });

  it('lets others wait while several are read, and then goes on', async () => {
    let goOn!: () => void;
    const wait = new Promise<void>((resolve) => (goOn = resolve));
    answers = async (request) => {
      if (request.lines.length > 0) await wait;
      return created(request);
    };
    const refused: Answer[] = [];
    const busy = Array.from({ length: 6 }, async () => {
      const answer = await send(file(1));
      if (answer.status !== 200) refused.push(answer);
      return answer.status;
    });
    await eventually(() => expect(refused).toHaveLength(2));
    expect(refused.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
      [429, '10'],
      [429, '10'],
    ]);
    goOn();
    expect((await Promise.all(busy)).sort()).toEqual([200, 200, 200, 200, 429, 429]);
    expect((await send(file(1))).status).toBe(200);
  });
});

describe('an export', () => {
  const colleague = (n: number, more: object = {}) => ({
    ...{ id: ID, name: `Agent ${n}`, email: `a${n}@demo.test`, role: 'agent', status: 'active' },
    teams: [{ id: ID, name: 'Sales', leader: false }],
    ...more,
  });
  const fetchFile = (query = '') =>
    fetch(`${gateway.url}/api/v1/agents/export${query}`, { headers: { authorization: `Bearer ${token}` } });

  it('has all pages of the list, as an import would read them', async () => {
    const profile = {
      skills: [{ name: 'vip', level: 5 }],
      languages: ['id', 'en'],
      capacity: 7,
      timeZone: 'Asia/Jakarta',
    };
    const pages = [
      { items: [colleague(1, profile)], nextCursor: 'next' },
      { items: [colleague(2, { name: '=HYPERLINK("x")', teams: [] })], nextCursor: null },
    ];
    gateway.rpc.answer = () => pages[gateway.rpc.calls.length - 1];
    const answer = await fetchFile('?status=active&sort=name');
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="agents.csv"');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.subarray(0, 3).toString('hex')).toBe('efbbbf');
    const text = bytes.subarray(3).toString();
    expect(text.split('\r\n')).toEqual([
      'name,email,role,teams,skills,languages,capacity,timeZone,status',
      'Agent 1,a1@demo.test,agent,Sales,vip:5,id|en,7,Asia/Jakarta,active',
      `"'=HYPERLINK(""x"")",a2@demo.test,agent,,,,,,active`,
      '',
    ]);
    const query = { status: 'active', sort: 'name', limit: 100 };
    expect(gateway.rpc.calls.map(({ request }) => request)).toEqual([query, { ...query, cursor: 'next' }]);
    gateway.rpc.calls = [];
    gateway.rpc.answer = () => answers(asked().at(-1)!);
    expect((await send(bytes.toString())).body).toMatchObject({ created: 2 });
  });

  it('is refused as the list is', async () => {
    gateway.rpc.answer = () => {
      throw new AppError('forbidden');
    };
    expect((await fetchFile()).status).toBe(403);
    expect((await fetchFile('?limit=5')).status).toBe(400);
  });

  it('breaks off where a page is missing: a part is not taken for the whole', async () => {
    gateway.rpc.answer = () => {
      if (gateway.rpc.calls.length > 1) throw new AppError('unavailable');
      return { items: [colleague(1)], nextCursor: 'next' };
    };
    const answer = await fetchFile();
    await expect(answer.text()).rejects.toThrow();
  });
});
