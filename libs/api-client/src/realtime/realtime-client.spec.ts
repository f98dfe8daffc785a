import type { ServerFrame } from '@scrm/contracts';
import { RealtimeClient } from './realtime-client';
import type { RealtimeOptions, SocketLike } from './realtime-client.types';

/** The server's end of a socket, in the test's hand. */
class FakeSocket implements SocketLike {
  static all: FakeSocket[] = [];
  static get last() {
    return FakeSocket.all.at(-1)!;
  }
  readyState = 0;
  sent: { type: string; token?: string; cursor?: string }[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  send(data: string) {
    this.sent.push(JSON.parse(data) as { type: string });
  }
  close() {
    this.readyState = 3;
  }
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  says(frame: unknown) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  ends(code: number) {
    this.readyState = 3;
    this.onclose?.({ code, reason: '' });
  }
  ready(more: Partial<Extract<ServerFrame, { type: 'ready' }>> = {}) {
    const expiresAt = new Date(Date.now() + 600_000).toISOString();
    this.says({ type: 'ready', cursor: 'c0', resumed: false, agent: {}, expiresAt, ...more });
  }
  event(seq: number, conversationId = 'a') {
    this.says({ type: 'message.received', conversationId, seq, data: {}, cursor: `c${seq}` });
  }
}

describe('the realtime client', () => {
  let client: RealtimeClient;
  let seen: string[];

  const start = async (options: Partial<RealtimeOptions> = {}) => {
    let tokens = 0;
    const getToken = () => `token-${++tokens}`;
    client = new RealtimeClient({ url: 'wss://one', getToken, WebSocket: FakeSocket as never, ...options });
    client.on('message.received', ({ seq }) => void seen.push(`event ${seq}`));
    client.on('reset', ({ reason }) => void seen.push(reason));
    client.on('status', ({ status }) => void seen.push(status));
    client.connect();
    await settle();
    return FakeSocket.last;
  };
  const goLive = async (options: Partial<RealtimeOptions> = {}) => {
    const socket = await start(options);
    socket.open();
    socket.ready();
    await settle();
    return socket;
  };
  /** Lets everything happen that waits for nothing but its turn. */
  const settle = () => jest.advanceTimersByTimeAsync(0);
  const after = (ms: number) => jest.advanceTimersByTimeAsync(ms);

  beforeEach(() => {
    jest.useFakeTimers();
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    FakeSocket.all = [];
    seen = [];
  });
  afterEach(async () => {
    await client.close();
    expect(jest.getTimerCount()).toBe(0);
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  it('signs in with the first frame and hands out events', async () => {
    const socket = await goLive();
    expect(socket.sent).toEqual([{ type: 'auth', token: 'token-1' }]);
    socket.event(1);
    await settle();
    expect(seen).toEqual(['connecting', 'live', 'event 1']);
  });

  it('moves the cursor only when the handlers are done, and runs them one by one', async () => {
    const saved: string[] = [];
    const running: (() => void)[] = [];
    const socket = await goLive({
      cursorStore: { load: () => saved.at(-1), save: (c) => void saved.push(c) },
    });
    client.on('message.received', () => new Promise<void>((resolve) => running.push(resolve)));
    socket.event(1);
    socket.event(2);
    await settle();
    expect([saved, running.length]).toEqual([['c0'], 1]);
    running.shift()!();
    await settle();
    expect([saved, running.length]).toEqual([['c0', 'c1'], 1]);
    running.shift()!();
    await settle();
    expect(saved).toEqual(['c0', 'c1', 'c2']);
  });

  it('goes on after what was rendered, not after what was received', async () => {
    const socket = await goLive();
    let finish!: () => void;
    client.on('message.received', () => new Promise<void>((resolve) => (finish = resolve)));
    socket.event(1);
    socket.event(2);
    await settle();
    socket.ends(1006);
    await after(10_000);
    expect(FakeSocket.all).toHaveLength(1);
    finish();
    await settle();
    FakeSocket.last.open();
    expect(FakeSocket.last.sent).toEqual([{ type: 'auth', token: 'token-2', cursor: 'c1' }]);
    expect(seen).toEqual(['connecting', 'live', 'event 1', 'reconnecting']);
  });

  it('shows nothing twice', async () => {
    const socket = await goLive();
    for (const seq of [1, 2, 2, 1, 3]) socket.event(seq);
    socket.event(1, 'b');
    await settle();
    expect(seen.filter((s) => s.startsWith('event'))).toEqual(['event 1', 'event 2', 'event 3', 'event 1']);
  });

  it('keeps the cursor of pongs, in turn', async () => {
    const socket = await goLive();
    await after(20_000);
    expect(socket.sent.at(-1)).toEqual({ type: 'ping' });
    socket.says({ type: 'pong', cursor: 'c40' });
    await settle();
    socket.ends(1006);
    await after(1_000);
    FakeSocket.last.open();
    expect(FakeSocket.last.sent[0]).toMatchObject({ cursor: 'c40' });
  });

  it('takes up the stored cursor, and holds on to it until the server says otherwise', async () => {
    const saved = ['c7'];
    const store = { load: () => saved.at(-1), save: (c: string) => void saved.push(c) };
    const socket = await start({ cursorStore: store });
    socket.open();
    expect(socket.sent[0]).toMatchObject({ cursor: 'c7' });
    socket.ready({ cursor: 'c900' });
    await settle();
    expect(saved).toEqual(['c7']);
    socket.says({ type: 'reset', cursor: 'c900', reason: 'cursor_too_old' });
    await settle();
    expect([saved.at(-1), seen.at(-1)]).toEqual(['c900', 'cursor_too_old']);
  });

  it('lets events wait while the lists are loaded after a reset', async () => {
    const socket = await goLive();
    let loaded!: () => void;
    client.on('reset', () => new Promise<void>((resolve) => (loaded = resolve)));
    socket.says({ type: 'reset', cursor: 'c5', reason: 'too_many_missed' });
    socket.event(6);
    await settle();
    expect(seen.at(-1)).toBe('too_many_missed');
    loaded();
    await settle();
    expect(seen.at(-1)).toBe('event 6');
  });

  it('comes back with growing, jittered pauses, to the next address', async () => {
    await start({ urls: ['wss://one', 'wss://two'] });
    const pauses: number[] = [];
    for (let i = 0; i < 7; i++) {
      const count = FakeSocket.all.length;
      FakeSocket.last.ends(1006);
      const from = Date.now();
      while (FakeSocket.all.length === count) await after(50);
      pauses.push(Date.now() - from);
    }
    expect(pauses).toEqual([750, 1_250, 2_250, 4_250, 5_250, 5_250, 5_250]);
    expect(FakeSocket.all.slice(0, 3).map((s) => s.url)).toEqual(['wss://one', 'wss://two', 'wss://one']);
  });

  it('comes back almost at once when a pod restarts', async () => {
    const socket = await goLive();
    socket.ends(1012);
    await after(250);
    expect(FakeSocket.all).toHaveLength(2);
  });

  it('comes back at once when asked to', async () => {
    const socket = await goLive();
    socket.ends(1006);
    client.reconnectNow();
    await settle();
    expect(FakeSocket.all).toHaveLength(2);
  });

  it('notices a connection that is half open', async () => {
    const socket = await goLive();
    await after(20_000);
    await after(10_000);
    expect(client.status).toBe('reconnecting');
    expect(socket.readyState).toBe(3);
  });

  it('gives up on a server that never says ready', async () => {
    const socket = await start();
    socket.open();
    await after(20_000);
    expect(client.status).toBe('reconnecting');
  });

  it('renews its token before it ends, on the same socket', async () => {
    const socket = await goLive();
    socket.says({ type: 'pong' });
    for (let t = 0; t < 540_000; t += 10_000) {
      await after(10_000);
      socket.says({ type: 'pong' });
    }
    const auth = socket.sent.filter((f) => f.type === 'auth');
    expect(auth).toEqual([
      { type: 'auth', token: 'token-1' },
      { type: 'auth', token: 'token-2' },
    ]);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('asks again for a token where it could not be had', async () => {
    let tries = 0;
    const getToken = () => (++tries < 3 ? Promise.reject(new Error('offline')) : Promise.resolve('t'));
    const errors: unknown[] = [];
    client = new RealtimeClient({ url: 'wss://one', getToken, WebSocket: FakeSocket as never });
    client.on('error', (error) => void errors.push(error));
    client.connect();
    await after(20_000);
    expect([FakeSocket.all.length > 0, errors.length]).toEqual([true, 2]);
  });

  it('asks for a fresh token after one was refused, and while there is none; after other losses it does not', async () => {
    const asked: boolean[] = [];
    let away = false;
    const getToken = ({ fresh }: { fresh: boolean }) => {
      asked.push(fresh);
      return away ? Promise.reject(new Error('offline')) : 'token';
    };
    const socket = await goLive({ getToken });
    away = true;
    socket.ends(4401);
    await after(1_000);
    away = false;
    await after(20_000);
    const tries = asked.length;
    expect(tries).toBeGreaterThan(2);
    expect(asked).toEqual([false, ...Array.from({ length: tries - 1 }, () => true)]);
    FakeSocket.last.open();
    FakeSocket.last.ready();
    FakeSocket.last.ends(1006);
    await after(20_000);
    expect(asked.slice(tries)).toEqual([false]);
  });

  it('says who came and went, and keeps its cursor', async () => {
    const told: unknown[] = [];
    const socket = await goLive();
    client.on('presence', ({ agents }) => void told.push(...agents));
    socket.event(1);
    socket.says({ type: 'presence', agents: [{ id: 'a', presence: 'away' }] });
    await settle();
    expect(told).toEqual([{ id: 'a', presence: 'away' }]);
    expect(seen.slice(-1)).toEqual(['event 1']);
  });

  it('goes on when a handler throws, and says so', async () => {
    const errors: unknown[] = [];
    const socket = await goLive();
    client.on('error', (error) => void errors.push((error as Error).message));
    client.on('event', () => {
      throw new Error('handler');
    });
    socket.event(1);
    socket.event(2);
    await settle();
    expect(errors).toEqual(['handler', 'handler']);
    expect(seen.slice(-2)).toEqual(['event 1', 'event 2']);
  });

  it('does not come back to where the agent may not be', async () => {
    const socket = await goLive();
    socket.ends(4403);
    await after(60_000);
    expect([client.status, FakeSocket.all.length]).toEqual(['closed', 1]);
  });

  it('passes over frames of a newer server', async () => {
    const socket = await goLive();
    socket.says({ type: 'weather.changed', cursor: 'x' });
    socket.event(1);
    await settle();
    expect(seen.at(-1)).toBe('event 1');
  });

  it('is silent once it is closed', async () => {
    const socket = await goLive();
    socket.event(1);
    await client.close();
    socket.event(2);
    await after(60_000);
    expect([seen.at(-1), FakeSocket.all.length]).toEqual(['closed', 1]);
  });
});
