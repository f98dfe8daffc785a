/** A pod of agents' sockets: each says which business numbers it watches and hears what happens there. */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { EVENTS, openChannel } from './broker.mjs';

/** @type {Map<string, Set<import('ws').WebSocket>>} */
const watchers = new Map();

const channel = await openChannel();
const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true });
await channel.bindQueue(queue, EVENTS, '');
await channel.consume(
  queue,
  (message) => {
    for (const event of message?.content.toString().split('\n') ?? []) {
      const at = event.indexOf(' ');
      const sockets = watchers.get(event.slice(0, at));
      if (!sockets) continue;
      const frame = Buffer.from(event.slice(at + 1));
      for (const socket of sockets) socket.send(frame, { binary: false });
    }
  },
  { noAck: true },
);

const server = createServer((_, response) => response.end());
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', (socket) => {
  /** @type {string[]} */
  let numbers = [];
  socket.on('error', () => {});
  socket.on('message', (data) => {
    const frame = JSON.parse(data.toString());
    if (frame.type === 'ping') return socket.send('{"type":"pong"}');
    numbers = frame.token.split(',');
    for (const number of numbers) {
      const others = watchers.get(number);
      if (others) others.add(socket);
      else watchers.set(number, new Set([socket]));
    }
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    socket.send(JSON.stringify({ type: 'ready', cursor: '0', expiresAt }));
  });
  socket.on('close', () => {
    for (const number of numbers) watchers.get(number)?.delete(socket);
  });
});
server.listen(Number(process.env.PORT), '127.0.0.1');
