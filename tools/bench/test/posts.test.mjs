import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { Posts } from '../posts.mjs';

/**
 * A server that hears each piece that comes and writes what it likes.
 *
 * @param {import('node:test').TestContext} t
 * @param {(socket: import('node:net').Socket, text: string, at: number) => void} hear `at` counts its connections
 * @param {number} connections
 */
async function server(t, hear, connections = 1) {
  let opened = 0;
  const it = createServer((socket) => {
    const at = opened++;
    socket.on('error', () => {});
    socket.on('data', (data) => hear(socket, data.toString('latin1'), at));
  }).listen(0, '127.0.0.1');
  await once(it, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (it.address());
  const posts = new Posts(`http://127.0.0.1:${port}/ignored`, connections);
  t.after(() => {
    posts.close();
    it.close();
  });
  return { posts, opened: () => opened };
}

/** @param {() => boolean} isSo */
async function until(isSo) {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

test('a post goes out whole, and its connection serves the next', async (t) => {
  /** @type {string[]} */
  const heard = [];
  const { posts, opened } = await server(t, (socket, text) => {
    heard.push(text);
    socket.write(OK);
  });
  assert.equal(await posts.post('/a', { 'x-one': '1' }, 'body'), 200);
  assert.equal(await posts.post('/b', {}, 'é'), 200);
  assert.deepEqual(heard, [
    'POST /a HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 4\r\nx-one: 1\r\n\r\nbody',
    'POST /b HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1\r\n\r\né',
  ]);
  assert.equal(opened(), 1);
});

test('an answer in pieces is read when it is whole, with a length or in chunks', async (t) => {
  const answers = [
    'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 5\r\n\r\nlater',
    'HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nbad\r\n0\r\n\r\n',
  ];
  /** @type {(() => void)[]} what writes the last letter */
  const held = [];
  const { posts } = await server(t, async (socket) => {
    const answer = answers.shift() ?? '';
    for (const letter of answer.slice(0, -1)) {
      await new Promise((resolve) => socket.write(letter, resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    held.push(() => socket.write(answer.slice(-1)));
  });
  for (const status of [503, 401]) {
    let answered = false;
    const post = posts.post('/', {}, '').finally(() => (answered = true));
    await until(() => held.length > 0);
    assert.equal(answered, false);
    held.shift()?.();
    assert.equal(await post, status);
  }
});

test('more posts than connections wait for their turn', async (t) => {
  /** @type {(() => void)[]} */
  const held = [];
  const { posts, opened } = await server(t, (socket) => held.push(() => socket.write(OK)), 2);
  const all = [1, 2, 3].map((n) => posts.post(`/${n}`, {}, ''));
  await until(() => held.length === 2);
  assert.equal(opened(), 2);
  held.shift()?.();
  await until(() => held.length === 2);
  for (const answer of held) answer();
  assert.deepEqual(await Promise.all(all), [200, 200, 200]);
  assert.equal(opened(), 2);
});

test('a connection that ends without an answer fails its post, and the next one gets a new connection', async (t) => {
  const { posts, opened } = await server(t, (socket, _, at) =>
    at === 0 ? socket.destroy() : socket.write(OK),
  );
  await assert.rejects(posts.post('/', {}, ''), /closed by the server|ECONNRESET/);
  assert.equal(await posts.post('/', {}, ''), 200);
  assert.equal(opened(), 2);
});

test('a connection that the server says it closes is not used again', async (t) => {
  const closes = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
  const { posts, opened } = await server(t, (socket) => socket.write(closes));
  assert.equal(await posts.post('/', {}, ''), 200);
  assert.equal(await posts.post('/', {}, ''), 200);
  assert.equal(opened(), 2);
});

test('who waits as it closes is told', async (t) => {
  const { posts } = await server(t, () => {});
  const waiting = [posts.post('/', {}, ''), posts.post('/', {}, '')];
  posts.close();
  for (const one of waiting) await assert.rejects(one, /closed/);
  await assert.rejects(posts.post('/', {}, ''), /closed/);
});
