import type { ClientFrame, EventFrame, ServerFrame } from '@scrm/contracts';
import { Emitter } from './emitter';
import {
  DEFAULT_TIMING,
  cursorInMemory,
  type CursorStore,
  type RealtimeOptions,
  type RealtimeStatus,
  type RealtimeTiming,
  type SocketConstructor,
  type SocketLike,
} from './realtime-client.types';

type TimerName = 'reconnect' | 'ping' | 'silence' | 'renew';

/** Also where the clock of this machine is wrong, tokens are not renewed more often. */
const RENEW_MIN_MS = 5_000;
const OPEN = 1;
const RESTARTS = 1012;
const NOT_ALLOWED = 4403;
/** The token is over, perhaps before its time. */
const REFUSED = 4401;
/** How many conversations are remembered to recognise what was shown before. */
const KNOWN_CONVERSATIONS = 10_000;

/**
 * Hears of every change the agent may see, in order and once, across reconnects, pods and page loads.
 *
 * ```ts
 * const realtime = new RealtimeClient({ url: 'wss://inbox.example/ws', getToken: () => session.token() });
 * realtime.on('message.received', ({ data }) => show(data.message));
 * realtime.on('reset', () => reloadLists());
 * realtime.connect();
 * ```
 *
 * Handlers run one after the other, also asynchronous ones, and the cursor moves on when they are done: whatever was
 * not rendered before a crash comes again. A handler that throws is reported as `error` and not called again.
 */
export class RealtimeClient extends Emitter {
  status: RealtimeStatus = 'closed';
  private readonly timing: RealtimeTiming;
  private readonly urls: string[];
  private readonly store: CursorStore;
  private readonly Socket: SocketConstructor;
  private socket: SocketLike | undefined;
  /** Frames in the order they came, each after the handlers of the one before. */
  private work: Promise<void> = Promise.resolve();
  private readonly shown = new Map<string, number>();
  private readonly timers: Partial<Record<TimerName, ReturnType<typeof setTimeout>>> = {};
  /** Since the last `ready`. */
  private attempts = 0;
  /** The last token was refused: the same one would be refused again. */
  private refused = false;
  private nextUrl = 0;

  constructor(private readonly options: RealtimeOptions) {
    super();
    this.urls = options.urls ?? (options.url ? [options.url] : []);
    if (this.urls.length === 0) throw new TypeError('RealtimeClient needs a url');
    const Socket = options.WebSocket ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
    if (!Socket) throw new TypeError('There is no WebSocket here: pass one, e.g. that of the ws package');
    this.Socket = Socket;
    this.timing = { ...DEFAULT_TIMING, ...options.timing };
    this.store = options.cursorStore ?? cursorInMemory();
  }

  connect() {
    if (this.status !== 'closed') return;
    this.attempts = 0;
    this.setStatus('connecting');
    void this.open();
  }

  /** Does not wait any longer, e.g. when the browser says that it is online again. */
  reconnectNow() {
    if (this.status === 'reconnecting' && !this.socket) this.reconnectIn(0);
  }

  /** Ends for good; resolves when the running handlers are done (so none of them may wait for it). */
  close(): Promise<void> {
    this.end(1000, 'closed by the client');
    return this.work;
  }

  private async open() {
    // What is being shown right now must not come again: the cursor counts from after it.
    await this.work;
    let token: string;
    let cursor: string | null | undefined;
    try {
      const fresh = this.refused;
      [token, cursor] = await Promise.all([this.options.getToken({ fresh }), this.store.load()]);
    } catch (error) {
      this.report(error);
      return this.reconnectIn(this.pause());
    }
    if (this.status === 'closed' || this.socket) return;
    this.refused = false;
    const socket = new this.Socket(this.urls[this.nextUrl++ % this.urls.length]!);
    this.socket = socket;
    this.expectWithin(this.timing.readyWithin);
    socket.onopen = () => this.say({ type: 'auth', token, ...(cursor && { cursor }) });
    socket.onmessage = ({ data }: { data: unknown }) => this.hear(socket, String(data));
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => this.lost(socket, code, reason);
    socket.onerror = () => undefined;
  }

  private hear(socket: SocketLike, text: string) {
    if (socket !== this.socket) return;
    const frame = JSON.parse(text) as ServerFrame;
    if (this.status === 'live') this.stop('silence');
    if (frame.type === 'ready') {
      this.attempts = 0;
      this.stop('silence');
      this.renewAt(Date.parse(frame.expiresAt));
      this.pingLater();
      this.setStatus('live');
    }
    this.work = this.work.then(async () => {
      // Not shown before the connection ended: it comes again on the next one.
      if (socket === this.socket) await this.show(frame);
    });
  }

  /** Shows, then remembers. */
  private async show(frame: ServerFrame) {
    switch (frame.type) {
      case 'ready':
        await this.emit('ready', frame);
        // Without a cursor we begin here; otherwise what was missed is still to come.
        if (!frame.resumed && !(await this.store.load())) await this.remember(frame.cursor);
        break;
      case 'reset':
        this.shown.clear();
        await this.emit('reset', frame);
        await this.remember(frame.cursor);
        break;
      case 'pong':
        if (frame.cursor) await this.remember(frame.cursor);
        break;
      case 'error':
        await this.emit('error', frame);
        break;
      case 'presence':
        await this.emit('presence', frame);
        break;
      default:
        // A newer server may say more than this client knows.
        if (!('conversationId' in frame)) return;
        if (this.isNew(frame)) {
          await this.emit(frame.type, frame as never);
          await this.emit('event', frame);
        }
        await this.remember(frame.cursor);
    }
  }

  private isNew({ conversationId, seq }: EventFrame): boolean {
    if (seq <= (this.shown.get(conversationId) ?? 0)) return false;
    // Last used last, so that the one to forget is the first.
    this.shown.delete(conversationId);
    this.shown.set(conversationId, seq);
    if (this.shown.size > KNOWN_CONVERSATIONS) this.shown.delete(this.shown.keys().next().value!);
    return true;
  }

  private async remember(cursor: string) {
    try {
      await this.store.save(cursor);
    } catch (error) {
      this.report(error);
    }
  }

  private lost(socket: SocketLike, code: number, reason: string) {
    if (socket !== this.socket) return;
    if (code === NOT_ALLOWED) return this.end(code, reason);
    this.refused = code === REFUSED;
    this.letGo();
    this.setStatus('reconnecting', code, reason);
    // A pod that restarts spreads its clients itself.
    this.reconnectIn(code === RESTARTS ? Math.random() * this.timing.reconnectMin : this.pause());
  }

  private end(code: number, reason: string) {
    this.stop('reconnect');
    this.letGo();
    this.setStatus('closed', code, reason);
  }

  private letGo() {
    for (const timer of ['ping', 'silence', 'renew'] as const) this.stop(timer);
    const { socket } = this;
    this.socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }

  /** Full jitter, growing: a thousand clients don't come back in one moment. */
  private pause(): number {
    const { reconnectMin, reconnectMax } = this.timing;
    const most = Math.min(reconnectMax, reconnectMin * 2 ** (this.attempts + 1));
    return reconnectMin + Math.random() * (most - reconnectMin);
  }

  private reconnectIn(ms: number) {
    if (this.status === 'closed') return;
    this.attempts++;
    this.start('reconnect', ms, () => void this.open());
  }

  /** Browsers don't tell of a connection that is half open: it is gone when it does not answer. */
  private pingLater() {
    this.start('ping', this.timing.pingEvery, () => {
      this.say({ type: 'ping' });
      this.expectWithin(this.timing.pongWithin);
      this.pingLater();
    });
  }

  private expectWithin(ms: number) {
    const { socket } = this;
    this.start('silence', ms, () => socket && this.lost(socket, 4408, 'The server does not answer'));
  }

  private renewAt(end: number) {
    const wait = Math.max(end - Date.now() - this.timing.renewBefore, RENEW_MIN_MS);
    this.start('renew', wait, () => void this.renew(end));
  }

  private async renew(end: number) {
    const { socket } = this;
    try {
      const token = await this.options.getToken({ fresh: true });
      if (socket === this.socket) this.say({ type: 'auth', token });
    } catch (error) {
      this.report(error);
      if (socket === this.socket) this.renewAt(end);
    }
  }

  private say(frame: ClientFrame) {
    if (this.socket?.readyState === OPEN) this.socket.send(JSON.stringify(frame));
  }

  private setStatus(status: RealtimeStatus, code?: number, reason?: string) {
    if (this.status === status) return;
    this.status = status;
    void this.emit('status', { status, ...(code !== undefined && { code }), ...(reason && { reason }) });
  }

  private start(timer: TimerName, ms: number, run: () => void) {
    this.stop(timer);
    this.timers[timer] = setTimeout(run, ms);
  }

  private stop(timer: TimerName) {
    clearTimeout(this.timers[timer]);
    delete this.timers[timer];
  }
}
