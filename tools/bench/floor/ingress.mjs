/** Meta's deliveries: signed, kept by the broker, and only then answered with 200. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { inboundQueue, openChannel, PARTITIONS } from './broker.mjs';

const { APP_SECRET = '', PORT } = process.env;
const channel = await openChannel();

const server = createServer((request, response) => {
  if (request.method !== 'POST') return void response.end();
  /** @type {Buffer[]} */
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    if (isSigned(body, request.headers['x-hub-signature-256'])) keep(body, response);
    else response.writeHead(401).end();
  });
});
// As the product: whoever posts closes first, and so never posts into a connection that is being closed.
server.keepAliveTimeout = 72_000;
server.listen(Number(PORT), '127.0.0.1');

/** @param {Buffer} body @param {string | string[] | undefined} signature */
function isSigned(body, signature) {
  const expected = Buffer.from(`sha256=${createHmac('sha256', APP_SECRET).update(body).digest('hex')}`);
  const given = Buffer.from(String(signature));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** @param {Buffer} body @param {import('node:http').ServerResponse} response */
function keep(body, response) {
  const parts = split(body);
  let open = parts.length;
  let failed = open === 0;
  if (failed) return void response.writeHead(503).end();
  for (const part of parts)
    channel.sendToQueue(inboundQueue(part.partition), part.body, { persistent: true }, (error) => {
      failed ||= Boolean(error);
      if (--open === 0) response.writeHead(failed ? 503 : 200).end();
    });
}

/** Each message to the queue of its customer; one alone as the bytes in which it came. @param {Buffer} body */
function split(body) {
  const { object, entry } = JSON.parse(body.toString());
  const parts = [];
  for (const { id, changes } of entry)
    for (const { field, value } of changes)
      for (const message of value.messages) {
        const partition = partitionOf(`${value.metadata.phone_number_id}:${message.from}`);
        const contacts = value.contacts.filter((/** @type {any} */ c) => c.wa_id === message.from);
        const own = { ...value, contacts, messages: [message] };
        parts.push({ partition, object, entry: [{ id, changes: [{ field, value: own }] }] });
      }
  if (parts.length === 1) return [{ partition: parts[0].partition, body }];
  return parts.map(({ partition, ...part }) => ({ partition, body: Buffer.from(JSON.stringify(part)) }));
}

/** @param {string} key */
function partitionOf(key) {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) >>> 0;
  return hash % PARTITIONS;
}
