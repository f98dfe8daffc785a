import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { Ledger } from '../ledger.mjs';
import { customersOf, Meta, numberOf, wamidOf } from '../meta.mjs';
import { rosterOf } from '../shape.mjs';

const SECRET = 'app-secret';

/** A webhook that answers what it is told to. @param {import('node:test').TestContext} t @param {number[]} answers */
async function webhook(t, answers = []) {
  /** @type {{ body: Buffer, signature: unknown }[]} */
  const got = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    got.push({ body: Buffer.concat(chunks), signature: request.headers['x-hub-signature-256'] });
    response.writeHead(answers.shift() ?? 200).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const { senders, wabaId } = rosterOf(2);
  const customers = customersOf(4, wabaId, senders);
  const ledger = new Ledger(customers);
  const waba = `http://127.0.0.1:${port}`;
  const meta = new Meta({ waba, appSecret: SECRET, ledger, customers, connections: 4 });
  t.after(async () => {
    await meta.close();
    server.close();
  });
  return { got, ledger, meta, senders };
}

test('a number travels in the id of its message', () => {
  assert.equal(numberOf(wamidOf(1_234_567)), 1_234_567);
  assert.equal(numberOf('wamid.of-somebody-else'), undefined);
});

test('a delivery is signed, of the length that was promised, and accepted when it is answered with 200', async (t) => {
  const { got, ledger, meta, senders } = await webhook(t, [503, 200]);
  const n = await meta.write(1);
  assert.equal(got.length, 2);
  assert.equal(meta.retries, 1);
  assert.equal(ledger.acceptedCount, 1);
  const [{ body, signature }] = got;
  assert.equal(signature, `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`);
  assert.ok(body.length > 650 && body.length < 850, `${body.length} bytes`);
  const { metadata, messages } = JSON.parse(body.toString()).entry[0].changes[0].value;
  assert.equal(metadata.phone_number_id, senders[1].phoneNumberId);
  assert.equal(numberOf(messages[0].id), n);
  assert.deepEqual(got[1], got[0]);
});

test('messages that come together keep their order, a change for each row of one customer', async (t) => {
  const { got, ledger, meta } = await webhook(t);
  const numbers = await meta.writeTogether([0, 0, 3, 0]);
  assert.equal(got.length, 1);
  assert.equal(ledger.acceptedCount, 4);
  const [{ changes }] = JSON.parse(got[0].body.toString()).entry;
  const ids = changes.map((/** @type {any} */ { value }) =>
    value.messages.map((/** @type {any} */ { id }) => numberOf(id)),
  );
  assert.deepEqual(ids, [[numbers[0], numbers[1]], [numbers[2]], [numbers[3]]]);
  for (const { value } of changes)
    for (const { from } of value.messages) assert.equal(from, value.contacts[0].wa_id);
});
