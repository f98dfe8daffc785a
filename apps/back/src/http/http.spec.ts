import { ERRORS, type ErrorCode } from '@scrm/contracts';
import { AppError } from '@scrm/platform';
import { ID, startGateway, tokenWith, type Gateway } from '../../test/gateway';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ CORS_ORIGINS: 'https://inbox.example.com' });
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.rpc.calls = [];
  gateway.rpc.answer = () => ({});
});

const conversation = `/api/v1/conversations/${ID}`;
const failWith = (error: unknown) => {
  gateway.rpc.answer = () => {
    throw error;
  };
};

describe('errors of other services', () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])('leave as problem+json: %s', async (code) => {
    failWith(new AppError(code, 'What happened.', [{ path: 'text.body', message: 'too long' }]));
    const { status, headers, body } = await gateway.ask('GET', conversation);
    expect(status).toBe(ERRORS[code].status);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body).toEqual({
      type: `urn:scrm:problem:${code}`,
      title: ERRORS[code].title,
      status: ERRORS[code].status,
      code,
      detail: 'What happened.',
      errors: [{ path: 'text.body', message: 'too long' }],
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    });
  });

  it('say when to try again', async () => {
    failWith(new AppError('too_many_requests', undefined, undefined, 7));
    const { headers } = await gateway.ask('GET', conversation);
    expect(headers.get('retry-after')).toBe('7');
  });

  it('do not show what nobody planned', async () => {
    failWith(new Error('password=hunter2 at 10.0.0.3'));
    const { status, body } = await gateway.ask('GET', conversation);
    expect(status).toBe(500);
    expect(body.code).toBe('internal');
    expect(JSON.stringify(body)).not.toMatch(/hunter2|10\.0\.0\.3/);
  });

  it('keep the caller’s trace', async () => {
    failWith(new AppError('not_found'));
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const { body } = await gateway.ask('GET', conversation, { headers: { traceparent } });
    expect(body.traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
  });
});

describe('what does not fit', () => {
  const cases: [string, string, string, unknown, string[]][] = [
    [
      'an unknown field',
      'POST',
      '/api/v1/auth/login',
      { email: 'a@b.c', password: 'x', admin: true },
      ['admin'],
    ],
    ['a missing field', 'POST', '/api/v1/auth/login', { email: 'a@b.c' }, ['password']],
    ['an object for a text', 'POST', '/api/v1/auth/login', { email: { $ne: '' }, password: 'x' }, ['email']],
    ['no body', 'POST', '/api/v1/auth/refresh', undefined, ['refreshToken']],
    ['an empty list', 'POST', '/api/v1/auth/login', [], ['email', 'password']],
    ['an id that is none', 'POST', '/api/v1/conversations', { senderId: '1', phone: '+62' }, ['senderId']],
    ['a team of null', 'POST', `${conversation}/assign`, { teamId: null }, ['teamId']],
    ['a limit over 100', 'GET', '/api/v1/conversations?limit=101', undefined, ['limit']],
    ['a limit that is no number', 'GET', '/api/v1/senders?limit=ten', undefined, ['limit']],
    ['a limit twice', 'GET', '/api/v1/senders?limit=1&limit=2', undefined, ['limit']],
    ['an unknown parameter', 'GET', '/api/v1/templates?order=name', undefined, ['order']],
    ['a status that does not exist', 'GET', '/api/v1/conversations?status=gone', undefined, ['status']],
    ['an assignee of me', 'GET', '/api/v1/conversations?assigneeId=me', undefined, ['assigneeId']],
  ];
  it.each(cases)('is named: %s', async (_, method, path, body, paths) => {
    const answer = await gateway.ask(method, path, { body });
    expect({ status: answer.status, code: answer.body.code }).toEqual({
      status: 400,
      code: 'invalid_request',
    });
    expect([...new Set(answer.body.errors!.map((e) => e.path))]).toEqual(paths);
    expect(gateway.rpc.calls).toEqual([]);
  });

  it.each([
    ['JSON that is cut', '{"email":', 400, 'invalid_request'],
    ['a body over 1 MB', JSON.stringify({ email: 'x'.repeat(1024 * 1024) }), 413, 'payload_too_large'],
    ['a key that would change prototypes', '{"__proto__":{"admin":true}}', 400, 'invalid_request'],
    ['text', '"text"', 400, 'invalid_request'],
    ['null', 'null', 400, 'invalid_request'],
  ])('leaves as problem+json: %s', async (_, raw, status, code) => {
    const answer = await gateway.ask('POST', '/api/v1/auth/login', { raw });
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
  });

  it('is refused in another content type', async () => {
    const headers = { 'content-type': 'application/xml' };
    const { status, body } = await gateway.ask('POST', '/api/v1/auth/login', { raw: '<a/>', headers });
    expect({ status, code: body.code }).toEqual({ status: 415, code: 'unsupported_media_type' });
  });
});

describe('what is not there', () => {
  it.each(['/api/v1/nothing', '/nothing', '/api/v2/me', '/api/v1/me/'])('is not_found: %s', async (path) => {
    const { status, headers, body } = await gateway.ask('GET', path);
    expect({ status, code: body.code }).toEqual({ status: 404, code: 'not_found' });
    expect(headers.get('content-type')).toMatch('application/problem+json');
  });

  it.each(['1', 'undefined', ID.replace('0', 'x'), `${ID}%00`, '%27%20OR%201=1'])(
    'is not_found: conversation %s',
    async (id) => {
      const { status, body } = await gateway.ask('GET', `/api/v1/conversations/${id}`);
      expect({ status, code: body.code }).toEqual({ status: 404, code: 'not_found' });
      expect(gateway.rpc.calls).toEqual([]);
    },
  );
});

describe('what fits', () => {
  it('arrives as numbers and texts, and nothing that was not given', async () => {
    const { status } = await gateway.ask('GET', '/api/v1/conversations?limit=5&status=open&assigneeId=none');
    expect(status).toBe(200);
    expect(gateway.rpc.calls[0]).toMatchObject({
      contract: 'waba.conversation.list.v1',
      request: { limit: 5, status: 'open', assigneeId: 'none' },
    });
    await gateway.ask('GET', '/api/v1/conversations');
    expect(JSON.stringify(gateway.rpc.calls[1]!.request)).toBe('{}');
  });

  it('tells giving a conversation back (null) from leaving it where it is', async () => {
    await gateway.ask('POST', `${conversation}/assign`, { body: { assigneeId: null } });
    await gateway.ask('POST', `${conversation}/assign`, { body: { teamId: ID } });
    const requests = gateway.rpc.calls.map((c) => JSON.parse(JSON.stringify(c.request)) as unknown);
    expect(requests).toEqual([
      { assigneeId: null, conversationId: ID },
      { teamId: ID, conversationId: ID },
    ]);
  });

  it.each([
    ['POST', '/api/v1/auth/login', { email: 'a@b.c', password: 'x' }, 200],
    ['POST', '/api/v1/auth/refresh', { refreshToken: 'x' }, 200],
    ['POST', '/api/v1/conversations', { senderId: ID, phone: '+62 812' }, 200],
    ['POST', `${conversation}/read`, undefined, 200],
    ['POST', `/api/v1/webhook-deliveries/${ID}/replay`, undefined, 202],
  ])('answers %s %s', async (method, path, body, expected) => {
    const { status, headers } = await gateway.ask(method, path, { body });
    expect(status).toBe(expected);
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe('browsers of other sites', () => {
  const preflight = (url: string, origin: string) =>
    fetch(`${url}/api/v1/me`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    });

  it('may call from the origins that are named, and no other', async () => {
    const named = await preflight(gateway.url, 'https://inbox.example.com');
    expect(named.headers.get('access-control-allow-origin')).toBe('https://inbox.example.com');
    const other = await preflight(gateway.url, 'https://evil.example.com');
    expect(other.headers.get('access-control-allow-origin')).not.toBe('https://evil.example.com');
    const local = await preflight(gateway.url, 'http://localhost:5173');
    expect(local.headers.get('access-control-allow-origin')).not.toBe('http://localhost:5173');
  });

  it('may call from any local origin in development, and from none in production', async () => {
    for (const [NODE_ENV, allowed] of [
      ['development', 'http://localhost:5173'],
      ['production', null],
    ] as const) {
      const other = await startGateway({ NODE_ENV });
      const answer = await preflight(other.url, 'http://localhost:5173');
      const evil = await preflight(other.url, 'http://localhost.evil.example');
      await other.close();
      expect(answer.headers.get('access-control-allow-origin')).toBe(allowed);
      expect(evil.headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

it('answers with security headers', async () => {
  const { headers } = await gateway.ask('GET', '/api/v1/me', { token: tokenWith() });
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(headers.get('x-powered-by')).toBeNull();
});

it('keeps health and metrics at the root, without a token', async () => {
  for (const path of ['/health/live', '/metrics']) {
    expect((await fetch(`${gateway.url}${path}`)).status).toBe(200);
  }
});
