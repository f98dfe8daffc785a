import { createRestClient } from './rest';

const ID = '01980000-0000-7000-8000-0000000000e1';

/** Stands in for the network: answers once, and keeps what it was sent. */
function network(status: number, body: object) {
  const sent: Request[] = [];
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  const fetch = async (request: Request) => {
    sent.push(request);
    return new Response(JSON.stringify(body), { status, headers: { 'content-type': type } });
  };
  return { sent, fetch };
}

it('sends a message as WhatsApp writes it, with the caller’s token and key', async () => {
  const { sent, fetch } = network(202, { id: ID, status: 'queued' });
  const client = createRestClient({
    baseUrl: 'https://inbox.test',
    getAccessToken: async () => 'token-1',
    fetch,
  });
  const { data } = await client.POST('/api/v1/conversations/{id}/messages', {
    params: { path: { id: ID }, header: { 'Idempotency-Key': 'order-1' } },
    body: { type: 'text', text: { body: 'Hello' } },
  });
  expect(data?.status).toBe('queued');
  expect(sent[0]!.url).toBe(`https://inbox.test/api/v1/conversations/${ID}/messages`);
  expect(sent[0]!.headers.get('authorization')).toBe('Bearer token-1');
  expect(sent[0]!.headers.get('idempotency-key')).toBe('order-1');
  expect(await sent[0]!.json()).toEqual({ type: 'text', text: { body: 'Hello' } });
});

it('hands an error back as a problem with its code', async () => {
  const { fetch } = network(404, { code: 'not_found', status: 404 });
  const client = createRestClient({ baseUrl: 'https://inbox.test', fetch });
  const { data, error, response } = await client.GET('/api/v1/conversations/{id}', {
    params: { path: { id: ID } },
  });
  expect(data).toBeUndefined();
  expect(error?.code).toBe('not_found');
  expect(response.status).toBe(404);
});

it('asks for the token before each request, and sends none where there is none', async () => {
  const { sent, fetch } = network(200, {});
  const tokens = ['first', 'second', null];
  const client = createRestClient({
    baseUrl: 'https://inbox.test',
    getAccessToken: () => tokens.shift(),
    fetch,
  });
  for (let i = 0; i < 3; i++) await client.GET('/api/v1/me');
  expect(sent.map((r) => r.headers.get('authorization'))).toEqual(['Bearer first', 'Bearer second', null]);
});
