import { SOCKET_LIMITS } from '@scrm/contracts';
import type { RunningService } from '@scrm/platform';
import { eventually } from '@scrm/testing';
import { WebSocket } from 'ws';
import { audience, id, principal } from './model/fixtures';
import type { TestSocket } from './support/test-socket';
import { WsStack } from './support/ws-stack';

describe('a socket', () => {
  let stack: WsStack;
  let pod: RunningService;
  let agents = 100;

  /** Another agent each time: limits count per agent. */
  const someone = () => principal('admin', ++agents);
  const unassigned = { audience: audience(1, null) };

  beforeAll(async () => {
    stack = await WsStack.start();
    pod = await stack.pod();
  });
  afterEach(() => stack.endSockets());
  afterAll(() => stack.stop());

  const metric = async (line: string) => {
    const text = await (await fetch(`${pod.url}/metrics`)).text();
    return Number(
      text
        .split('\n')
        .find((l) => l.startsWith(`${line} `))
        ?.split(' ')
        .at(-1) ?? 0,
    );
  };

  describe('is opened', () => {
    it('by a token, and says who it belongs to and until when', async () => {
      const me = someone();
      const socket = await stack.signIn(pod, me);
      const ready = await socket.heard('ready');
      expect(ready).toMatchObject({
        resumed: false,
        agent: { id: me.agentId, tenantId: me.tenantId, role: 'admin' },
      });
      expect(Date.parse(ready.expiresAt)).toBeGreaterThan(Date.now() + 500_000);
    });

    it.each([
      ['forged', () => stack.tokens.forged(someone())],
      ['unsigned', () => stack.tokens.unsigned(someone())],
      ['expired', () => stack.tokens.token(someone(), { expiresIn: -10 })],
      ['for someone else', () => stack.tokens.token(someone(), { audience: 'other' })],
      ['from someone else', () => stack.tokens.token(someone(), { issuer: 'other' })],
      ['no token at all', () => 'nonsense'],
      [
        'almost a token',
        () => `${Buffer.from('{"alg":"ES256","typ":"JWT","kid":"key-1"}').toString('base64url')}.x.y`,
      ],
    ])('not by one that is %s', async (_, token) => {
      const socket = await stack.open(pod);
      socket.auth(token());
      await socket.closedWith(4401);
      expect(socket.frames).toEqual([expect.objectContaining({ type: 'error', code: 'unauthenticated' })]);
    });

    it('not without a token, or with another frame first', async () => {
      for (const [frame, code] of [
        [{ type: 'auth' }, 4401],
        [{ type: 'ping' }, 4400],
        ['{', 4400],
        [{ type: 'message.send' }, 4400],
      ] as const) {
        const socket = await stack.open(pod);
        socket.say(frame);
        expect(await socket.closedWith(code)).not.toBe('');
      }
    });

    it('not with the token in the URL', async () => {
      const socket = await stack.open(pod, { path: '/ws?token=secret' });
      expect(socket.refused).toMatchObject({
        status: 400,
        body: expect.stringContaining('first frame') as string,
      });
    });

    it('only by the pages that may', async () => {
      const strict = await stack.pod({ WS_ALLOWED_ORIGINS: ['https://inbox.example'] });
      const own = await stack.pod({ NODE_ENV: 'production' });
      const status = async (at: RunningService, origin?: string) =>
        (await stack.open(at, origin ? { origin } : {})).refused?.status ?? 'open';
      expect(await status(strict, 'https://inbox.example')).toBe('open');
      expect(await status(strict, 'https://evil.example')).toBe(403);
      expect(await status(strict)).toBe('open');
      expect(await status(own, 'https://evil.example')).toBe(403);
      expect(await status(own, own.url)).toBe('open');
    });

    it('only so many times by one agent: the newest is refused, the others stay', async () => {
      const me = someone();
      const sockets: TestSocket[] = [];
      for (let i = 0; i < SOCKET_LIMITS.maxSocketsPerAgent; i++) sockets.push(await stack.signIn(pod, me));
      const token = stack.tokens.token(me);
      const newest = await stack.open(pod);
      newest.auth(token);
      expect(await newest.closedWith(1013)).toContain('Too many sockets');
      expect(sockets.every((s) => !s.closed)).toBe(true);
      sockets[0]!.end();
      await eventually(async () => {
        const next = await stack.open(pod);
        next.auth(token);
        await next.heard('ready');
      });
    });

    it('in time, or not at all', async () => {
      const hasty = await stack.pod({ limits: { authTimeoutMs: 50 } });
      const socket = await stack.open(hasty);
      expect(await socket.closedWith(4401)).toContain('No auth frame');
    });
  });

  describe('stays open', () => {
    it('until its token ends', async () => {
      const socket = await stack.open(pod);
      socket.auth(stack.tokens.token(someone(), { expiresIn: 2 }));
      await socket.heard('ready');
      await socket.closedWith(4401);
      expect(await socket.heard('error')).toMatchObject({
        detail: expect.stringContaining('expired') as string,
      });
    });

    it('with a fresh token, without a replay', async () => {
      const me = someone();
      const socket = await stack.open(pod);
      socket.auth(stack.tokens.token(me, { expiresIn: 3 }));
      const first = await socket.heard('ready');
      await stack.waba.send(me.tenantId, unassigned);
      await eventually(() => expect(socket.events).toHaveLength(1));
      socket.auth(stack.tokens.token(me), first.cursor);
      const second = await socket.heard('ready', 2);
      expect(second).toMatchObject({ resumed: true, cursor: socket.events[0]!.cursor });
      expect(Date.parse(second.expiresAt)).toBeGreaterThan(Date.parse(first.expiresAt));
      expect(socket.events).toHaveLength(1);
    });

    it('but not with the token of another agent', async () => {
      const socket = await stack.signIn(pod, someone());
      socket.auth(stack.tokens.token(someone()));
      await socket.closedWith(4401);
    });

    it('as long as it answers pings', async () => {
      const restless = await stack.pod({ limits: { pingIntervalMs: 30, pongTimeoutMs: 200 } });
      const dead = await stack.open(restless, { autoPong: false });
      const alive = await stack.open(restless);
      let pings = 0;
      alive.socket.on('ping', () => pings++);
      await dead.closedWith(4408);
      await eventually(() => expect(pings).toBeGreaterThan(10));
      expect(alive.closed).toBeUndefined();
    });
  });

  describe('is spoken to', () => {
    it('with pings, which say where the client stands', async () => {
      const me = principal('agent', ++agents, [9]);
      const socket = await stack.signIn(pod, me);
      const watcher = await stack.signIn(pod, someone());
      await stack.waba.send(me.tenantId, unassigned);
      await eventually(() => expect(watcher.events).toHaveLength(1));
      socket.say({ type: 'ping', id: 'a' });
      const pong = await socket.heard('pong');
      expect(pong).toEqual({ type: 'pong', id: 'a', cursor: watcher.events[0]!.cursor });
      expect(socket.events).toHaveLength(0);
    });

    it.each([
      ['not JSON', '{'],
      ['an unknown type', '{"type":"shout"}'],
      ['no object', '42'],
    ])('but %s is answered with what is wrong', async (_, frame) => {
      const socket = await stack.signIn(pod, someone());
      socket.say(frame);
      expect(await socket.heard('error')).toMatchObject({ code: 'malformed_frame' });
      socket.say({ type: 'ping' });
      await socket.heard('pong');
    });

    it('not in binary', async () => {
      const socket = await stack.signIn(pod, someone());
      socket.socket.send(Buffer.from('{"type":"ping"}'));
      expect(await socket.heard('error')).toMatchObject({
        detail: expect.stringContaining('binary') as string,
      });
    });

    it('not with too much at once', async () => {
      const socket = await stack.signIn(pod, someone());
      socket.say(`"${'x'.repeat(SOCKET_LIMITS.maxFrameBytes)}"`);
      await socket.closedWith(1009);
    });

    it('not too often', async () => {
      const socket = await stack.signIn(pod, someone());
      for (let i = 0; i <= SOCKET_LIMITS.maxFramesPer10s; i++) socket.say('{');
      await socket.closedWith(1008);
      expect(await socket.heard('error', SOCKET_LIMITS.maxFramesPer10s)).toMatchObject({
        code: 'too_many_frames',
      });
    });

    it('with cursors of any kind', async () => {
      for (const cursor of ['nonsense', '', Buffer.from('9.other').toString('base64url')]) {
        const socket = await stack.signIn(pod, someone(), cursor);
        expect((await socket.heard('ready')).resumed).toBe(false);
        expect(await socket.heard('reset')).toMatchObject({ reason: 'unknown_cursor' });
      }
    });
  });

  it('that reads too slowly is closed, others are not held up, and it resumes', async () => {
    const me = someone();
    me.tenantId = id('t', 2);
    const slow = await stack.signIn(pod, me);
    const quick = await stack.signIn(pod, me);
    const { cursor } = slow;
    slow.socket.pause();
    const before = await metric('ws_disconnects_total{code="1013"}');
    const count = 400;
    const text = 'x'.repeat(50_000);
    for (let i = 0; i < count; i++) await stack.waba.send(me.tenantId, { ...unassigned, text });
    await eventually(() => expect(quick.events).toHaveLength(count));
    expect(quick.closed).toBeUndefined();
    await eventually(async () => expect(await metric('ws_disconnects_total{code="1013"}')).toBe(before + 1));
    slow.end();
    // 20 MB of what was missed: sent at the pace of the client.
    const again = await stack.signIn(pod, me, cursor);
    await eventually(() => expect(again.positions).toEqual(quick.positions));
    expect(again.closed).toBeUndefined();
  });

  it('waits for its history, and is sent elsewhere where that takes too long', async () => {
    const me = { ...someone(), tenantId: id('t', 3) };
    stack.waba.streams.down = true;
    const socket = await stack.open(pod);
    socket.auth(stack.tokens.token(me));
    const { refused } = stack.waba.streams;
    await eventually(() => expect(stack.waba.streams.refused).toBeGreaterThan(refused + 1));
    expect(socket.frames).toEqual([]);
    stack.waba.streams.down = false;
    await socket.heard('ready');
  });

  it('of a pod that stops is sent to another with 1012, which knows where to go on', async () => {
    const leaving = await stack.pod({ DRAIN_SPREAD_MS: 300 });
    const me = someone();
    me.tenantId = id('t', 4);
    const sockets = [];
    for (let i = 0; i < 5; i++) sockets.push(await stack.signIn(leaving, me));
    await stack.waba.send(me.tenantId, unassigned);
    await Promise.all(sockets.map((s) => s.rendered([1])));
    const closings: number[] = [];
    for (const { socket } of sockets) socket.on('close', () => closings.push(performance.now()));
    const stopped = leaving.stop();
    await eventually(() => expect(closings.length).toBeGreaterThan(0), { every: 2 });
    expect((await stack.open(leaving)).refused?.status).toBe(503);
    await stopped;
    for (const socket of sockets) await socket.closedWith(1012);
    expect(closings[4]! - closings[0]!).toBeGreaterThan(150);
    await stack.waba.send(me.tenantId, unassigned);
    const elsewhere = await stack.signIn(pod, me, sockets[0]!.cursor);
    await elsewhere.rendered([2]);
  });

  it('is one of those that the metrics count', async () => {
    await eventually(async () => expect(await metric('ws_connections')).toBe(0));
    const socket = await stack.signIn(pod, someone());
    expect(await metric('ws_connections')).toBe(1);
    socket.socket.close(1000);
    await eventually(async () => expect(await metric('ws_connections')).toBe(0));
    expect(await metric('ws_resume_total{outcome="fresh"}')).toBeGreaterThan(0);
    expect(await metric('realtime_events_total{outcome="live"}')).toBeGreaterThan(0);
    expect(await metric('message_inbound_delivery_seconds_count')).toBeGreaterThan(0);
  });

  it('is documented', async () => {
    const response = await fetch(`${pod.url}/asyncapi.json`);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toMatchObject({ asyncapi: '3.0.0' });
    expect(WebSocket.OPEN).toBe(1);
  });
});
