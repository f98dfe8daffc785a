import { Drain, createLogger } from '@scrm/platform';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WabaConfig } from '../config';
import { CloudApiClient, readAnswer, sendBody, type SendRequest } from './cloud-api.client';

const request = (over: Partial<SendRequest> = {}): SendRequest => ({
  phoneNumberId: '100',
  accessToken: 'EAAG-secret',
  to: { waId: '628111', userId: 'ID.111', groupId: null },
  message: { type: 'text', text: { body: 'Hi' } },
  replyTo: null,
  callbackData: 'our id',
  ...over,
});
const accepted = JSON.stringify({
  messaging_product: 'whatsapp',
  contacts: [{ input: '628111', wa_id: '628111', user_id: 'ID.111' }],
  messages: [{ id: 'wamid.1' }],
});

describe('the body of a send', () => {
  const to = (waId: string | null, userId: string | null, groupId: string | null = null) =>
    sendBody(request({ to: { waId, userId, groupId } }));

  it('is addressed to a phone number, and brings our id along', () => {
    expect(to('628111', 'ID.111')).toEqual({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: '628111',
      type: 'text',
      text: { body: 'Hi' },
      biz_opaque_callback_data: 'our id',
    });
  });

  it('is addressed to the user id of who has no phone number', () => {
    expect(to(null, 'ID.111')).toMatchObject({ recipient: 'ID.111', recipient_type: 'individual' });
    expect(to(null, 'ID.111')).not.toHaveProperty('to');
  });

  it('is addressed to a group', () => {
    expect(to(null, null, 'g1')).toMatchObject({ to: 'g1', recipient_type: 'group' });
  });

  it('names the message that it answers', () => {
    expect(sendBody(request({ replyTo: 'wamid.0' }))).toMatchObject({ context: { message_id: 'wamid.0' } });
    expect(sendBody(request())).not.toHaveProperty('context');
  });
});

describe('an answer of Meta', () => {
  it('accepts, and says who the customer is', () => {
    expect(readAnswer(200, accepted, null)).toEqual({
      kind: 'accepted',
      wamid: 'wamid.1',
      waId: '628111',
      userId: 'ID.111',
    });
    expect(readAnswer(200, '{"messages":[{"id":"wamid.1"}]}', null)).toMatchObject({
      waId: null,
      userId: null,
    });
  });

  it('rejects, and says why and for how long', () => {
    const error = { code: 131056, message: '(#131056) Pair rate', error_data: { details: 'slower' } };
    expect(readAnswer(400, JSON.stringify({ error }), 4_000)).toEqual({
      kind: 'rejected',
      retryAfterMs: 4_000,
      error: { code: 131056, title: '(#131056) Pair rate', details: 'slower' },
    });
    expect(readAnswer(500, '{"error":{"code":"131000"}}', null)).toMatchObject({ error: { code: 131000 } });
    expect(readAnswer(401, '{"error":{"code":0}}', null)).toMatchObject({ error: { code: 0 } });
  });

  it.each([
    [502, '<html>Bad gateway</html>'],
    [503, ''],
    [200, '<html>Log in to the Wi-Fi</html>'],
    [200, '{}'],
    [200, '{"messages":[]}'],
    [200, '{"messages":[{"id":5}]}'],
    [200, 'null'],
    [200, '5'],
    [200, accepted.slice(0, -1)],
    [500, accepted],
    [400, '{"error":"no"}'],
    [400, '{"error":{"message":"no code"}}'],
    [400, '{"error":{"code":null}}'],
    [400, '{"error":{"code":""}}'],
  ])('leaves open what happened where it is not of Meta: %i %s', (status, body) => {
    expect(readAnswer(status, body, null).kind).toBe('unknown');
  });

  it('of "too many requests" means that it was not taken, whoever says so', () => {
    expect(readAnswer(429, '<html></html>', 5_000)).toMatchObject({
      kind: 'rejected',
      retryAfterMs: 5_000,
      error: { code: 130429 },
    });
    expect(readAnswer(429, '{"error":{"code":131056}}', null)).toMatchObject({ error: { code: 131056 } });
  });
});

describe('a send', () => {
  const drain = new Drain();
  const requests: { headers: IncomingMessage['headers']; url: string | undefined; body: string }[] = [];
  let server: Server;
  let answer: (response: ServerResponse) => void;
  const client = (over: Partial<WabaConfig> = {}) => {
    const { port } = server.address() as AddressInfo;
    const config = {
      GRAPH_BASE_URL: `http://127.0.0.1:${port}`,
      GRAPH_VERSION: 'v25.0',
      GRAPH_TIMEOUT_MS: 2_000,
    };
    return new CloudApiClient({ ...config, ...over } as WabaConfig, drain);
  };

  beforeAll(async () => {
    server = createServer((incoming, response) => {
      let body = '';
      incoming.on('data', (chunk) => (body += String(chunk)));
      incoming.on('end', () => {
        requests.push({ headers: incoming.headers, url: incoming.url, body });
        answer(response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => (requests.length = 0));
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await drain.run(createLogger('test', 'silent'));
  });

  it('goes to the number, with its token, once', async () => {
    answer = (response) => response.end(accepted);
    expect(await client().send(request())).toMatchObject({ kind: 'accepted', wamid: 'wamid.1' });
    expect(requests).toHaveLength(1);
    expect(requests[0]!.url).toBe('/v25.0/100/messages');
    expect(requests[0]!.headers).toMatchObject({
      authorization: 'Bearer EAAG-secret',
      'content-type': 'application/json',
    });
    expect(JSON.parse(requests[0]!.body)).toEqual(sendBody(request()));
  });

  it.each([
    ['5', 5_000],
    ['999999999', 3_600_000],
    ['0', null],
    ['soon', null],
    ['Thu, 01 Jan 1970 00:00:00 GMT', null],
    ['Fri, 31 Dec 2999 00:00:00 GMT', 3_600_000],
  ])('waits as long as it is asked to, within reason: Retry-After %s', async (header, ms) => {
    answer = (response) =>
      response.writeHead(429, { 'retry-after': header }).end('{"error":{"code":130429,"message":"slow"}}');
    expect(await client().send(request())).toMatchObject({ kind: 'rejected', retryAfterMs: ms });
  });

  it('is unknown where something else than Meta answers', async () => {
    answer = (response) => response.writeHead(502).end('<html>Bad gateway</html>');
    expect(await client().send(request())).toMatchObject({ kind: 'unknown' });
  });

  it('was not sent where nobody listens', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const nobody = client({ GRAPH_BASE_URL: `http://127.0.0.1:${port}` });
    expect(await nobody.send(request())).toEqual({ kind: 'not-sent', reason: 'ECONNREFUSED' });
  });

  it('was not sent where it could not even be written down', async () => {
    const outcome = await client().send(request({ accessToken: 'line\nbreak' }));
    expect(outcome).toMatchObject({ kind: 'not-sent' });
    expect(requests).toHaveLength(0);
  });

  it('is unknown where the connection breaks after it was read, and is not sent again', async () => {
    answer = (response) => response.socket!.resetAndDestroy();
    expect(await client().send(request())).toMatchObject({ kind: 'unknown' });
    expect(requests).toHaveLength(1);
  });

  it('is unknown where the answer breaks off', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"messages":[{"id":"wamid.1"}', () => response.socket!.destroy());
    };
    expect(await client().send(request())).toMatchObject({ kind: 'unknown' });
  });

  it('is unknown where no answer comes in time', async () => {
    answer = () => undefined;
    const outcome = await client({ GRAPH_TIMEOUT_MS: 100 }).send(request());
    expect(outcome).toEqual({ kind: 'unknown', reason: 'UND_ERR_HEADERS_TIMEOUT' });
    expect(requests).toHaveLength(1);
  });

  it('is unknown where the answer has no end', async () => {
    answer = (response) => {
      const more = () => response.destroyed || response.write('x'.repeat(65_536), more);
      response.on('error', () => undefined);
      more();
    };
    const outcome = await client().send(request());
    expect(outcome).toEqual({ kind: 'unknown', reason: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' });
  });
});
