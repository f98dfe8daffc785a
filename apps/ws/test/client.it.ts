import { RealtimeClient, type SocketConstructor } from '@scrm/api-client';
import { REALTIME_ROUTINGS } from '@scrm/contracts';
import { eventually, TcpProxy } from '@scrm/testing';
import { WebSocket } from 'ws';
import { audience, id, principal } from './model/fixtures';
import { WsStack } from './support/ws-stack';

const COUNT = 600;

const shown = (screen: number[], atLeast: number) =>
  eventually(() => expect(screen.length).toBeGreaterThanOrEqual(atLeast));

describe.each(REALTIME_ROUTINGS)('the realtime client on real pods, with %s', (routing) => {
  let stack: WsStack;
  beforeAll(async () => {
    stack = await WsStack.start(routing);
  });

  it('shows every message once and in order, through restarts of pods and cuts of every connection', async () => {
    const tenant = id('t', 9);
    const broker = await TcpProxy.to(stack.broker.url);
    const config = { RABBITMQ_URL: broker.url, REALTIME_CHECK_MS: 300 };
    const pods = [await stack.pod(config), await stack.pod(config)];
    const network = await TcpProxy.to(pods[1]!.url);
    const urls = [pods[0]!.url, network.url].map((url) =>
      new URL('/ws', url.replace('http', 'ws')).toString(),
    );
    // One begins on the pod that will stop, one on the pod whose network is cut.
    const clients = [urls, [...urls].reverse()].map((inOrder, n) => {
      const me = principal('admin', n + 1, [], tenant);
      const screen: number[] = [];
      const resets: string[] = [];
      const client = new RealtimeClient({
        urls: inOrder,
        getToken: () => stack.tokens.token(me),
        WebSocket: WebSocket as unknown as SocketConstructor,
        timing: { reconnectMin: 20, reconnectMax: 200 },
      });
      client.on('message.received', async ({ seq }) => {
        await new Promise(setImmediate);
        screen.push(seq);
      });
      client.on('reset', ({ reason }) => void resets.push(reason));
      client.connect();
      return { client, screen, resets };
    });
    try {
      await eventually(() => expect(clients.map((c) => c.client.status)).toEqual(['live', 'live']));
      let lost = 0;
      for (let i = 0; i < COUNT; i += 2) {
        const draft = { audience: audience(1, null) };
        const events = stack.waba.commit(tenant, draft, draft);
        if (i % 50 === 12) lost++;
        else await stack.waba.publish(tenant, events);
        if (i % 60 === 30) network.cut();
        if (i % 100 === 50) broker.cut();
        if (i === 300) void pods[0]!.stop();
        // Some at a time, so that all of it happens while messages come.
        if (i % 40 === 0) await shown(clients[1]!.screen, i - 100);
      }
      const all = Array.from({ length: COUNT }, (_, i) => i + 1);
      await eventually(() => expect(clients.map((c) => c.screen.length)).toEqual([COUNT, COUNT]), {
        within: 20_000,
      });
      expect(lost).toBeGreaterThan(5);
      for (const { screen, resets } of clients) expect([screen, resets]).toEqual([all, []]);
    } finally {
      for (const { client } of clients) await client.close();
      await stack.stop();
      await network.close();
      await broker.close();
    }
  }, 60_000);
});
