import { ID, startGateway, tokenWith, type Gateway } from '../../test/gateway';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
beforeEach(() => (gateway.rpc.calls = []));

const PATH = `/api/v1/conversations/${ID}/messages`;
const text = { type: 'text', text: { body: 'Hello' } };
const key = { 'idempotency-key': 'order-1' };

it('hands the message on as it is, with its key, and answers 202', async () => {
  const token = tokenWith();
  const message = { ...text, context: { message_id: 'wamid.X' }, anything: { WhatsApp: ['may', 'add'] } };
  gateway.rpc.answer = () => ({ id: ID, status: 'queued' });
  const { status, body } = await gateway.ask('POST', PATH, { token, body: message, headers: key });
  expect(status).toBe(202);
  expect(body).toEqual({ id: ID, status: 'queued' });
  expect(gateway.rpc.calls).toEqual([
    {
      contract: 'waba.message.send.v1',
      request: { conversationId: ID, idempotencyKey: 'order-1', message },
      token,
    },
  ]);
});

it('refuses a message without an Idempotency-Key, and says so', async () => {
  const { status, body } = await gateway.ask('POST', PATH, { body: text });
  expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_request' });
  expect(body.detail).toMatch(/Idempotency-Key header is required/);
  expect(body.errors![0]!.path).toBe('Idempotency-Key');
  expect(gateway.rpc.calls).toEqual([]);
});

it.each([
  ['empty', ''],
  ['too long', 'k'.repeat(256)],
  ['with a space in it', 'a b'],
  ['beyond ASCII', 'caf\u00e9'],
])('refuses a key that is %s', async (_, value) => {
  const headers = { 'idempotency-key': value };
  const { status, body } = await gateway.ask('POST', PATH, { body: text, headers });
  expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_request' });
});

it('takes a key of 255 characters', async () => {
  const headers = { 'idempotency-key': '~'.repeat(255) };
  expect((await gateway.ask('POST', PATH, { body: text, headers })).status).toBe(202);
});

it.each([
  ['a list', '[]'],
  ['a text', '"hello"'],
  ['null', 'null'],
  ['nothing', undefined],
])('refuses a body that is %s', async (_, raw) => {
  const { status, body } = await gateway.ask('POST', PATH, { ...(raw && { raw }), headers: key });
  expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_request' });
  expect(gateway.rpc.calls).toEqual([]);
});
