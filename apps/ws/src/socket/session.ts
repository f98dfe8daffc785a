import {
  isOverseer,
  scopeOf,
  type ClientFrame,
  type CLOSE_CODES,
  type Principal,
  type ServerFrame,
} from '@scrm/contracts';
import {
  crashPoint,
  type Logger,
  REVOKED,
  type Revocations,
  toAppError,
  type TokenVerifier,
} from '@scrm/platform';
import type { RawData, WebSocket } from 'ws';
import type { SocketLimits } from '../config';
import { connections, disconnects } from '../metrics';
import type { Member, Roster } from '../presence/roster';
import type { Clock } from '../realtime/clock';
import type { FeedRegistry } from '../realtime/feed-registry';
import type { Stream } from '../realtime/stream.client';
import type { TenantFeed } from '../realtime/tenant-feed';
import { Follower, type Sink } from './follower';
import { encodeFrame, readFrame } from './frames';
import type { Seats } from './seats';

export interface SessionContext {
  tokens: Pick<TokenVerifier, 'verify'>;
  revocations: Revocations;
  feeds: FeedRegistry<Follower>;
  stream: Stream;
  seats: Seats;
  /** Tells the service that owns the inbox that its owner is about to look on. */
  watch(token: string): Promise<unknown>;
  roster: Roster;
  clock: Clock;
  logger: Logger;
  limits: SocketLimits;
}

type CloseCode = keyof typeof CLOSE_CODES;
type ErrorCode = Extract<ServerFrame, { type: 'error' }>['code'];
type AuthFrame = Extract<ClientFrame, { type: 'auth' }>;

/** `joining` is from the first auth frame to `ready`. */
type State = 'new' | 'joining' | 'open' | 'closing';

const TEXT = { binary: false };
const FRAMES_WINDOW_MS = 10_000;
/** The client waits this long for a feed that cannot start; then it may try another pod. */
const JOIN_TIMEOUT_MS = 10_000;
/** A client that does not answer our close frame is cut off. */
const CLOSE_GRACE_MS = 1_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One socket, from its opening to its end. */
export class Session implements Sink, Member {
  /** Resolves when the socket is gone. */
  readonly ended: Promise<void>;
  private state: State = 'new';
  private principal: Principal | undefined;
  private feed: TenantFeed<Follower> | undefined;
  private follower: Follower | undefined;
  private closedWith: CloseCode | undefined;
  private readonly timers = new Map<'auth' | 'expiry' | 'heartbeat' | 'close', () => void>();
  private frames = { since: Date.now(), count: 0 };
  private readonly openedAt = Date.now();

  constructor(
    private readonly socket: WebSocket,
    private readonly context: SessionContext,
  ) {
    const { limits } = context;
    connections.inc();
    socket.on('message', (data, isBinary) => this.receive(data, isBinary));
    socket.on('pong', () => this.heartbeat());
    socket.on('error', (err) => context.logger.debug({ err, ...this.ids() }, 'socket error'));
    this.ended = new Promise((resolve) => {
      socket.on('close', (code) => {
        this.gone(code);
        resolve();
      });
    });
    const seconds = limits.authTimeoutMs / 1000;
    this.arm('auth', limits.authTimeoutMs, () =>
      this.fail('unauthenticated', `No auth frame came within ${seconds} s.`, 4401),
    );
    this.heartbeat();
  }

  get mayReadAgents(): boolean {
    return this.principal !== undefined && scopeOf(this.principal, 'agent.read') !== null;
  }

  /** Closes the socket where what its token says is over. */
  recheck() {
    if (this.principal && this.context.revocations.isRevoked(this.principal))
      this.fail('unauthenticated', REVOKED, 4401);
  }

  close(code: CloseCode, reason: string) {
    if (this.state === 'closing') return;
    this.closedWith = code;
    this.letGo();
    this.socket.close(code, reason);
    this.arm('close', CLOSE_GRACE_MS, () => this.socket.terminate());
  }

  send(frame: Buffer | string) {
    if (this.state === 'closing') return;
    this.socket.send(frame, TEXT);
    crashPoint('session.sent');
    if (this.socket.bufferedAmount > this.context.limits.maxBufferedBytes) {
      this.close(1013, 'The client reads too slowly: connect again with your cursor');
    }
  }

  sendPaced(frame: Buffer | string): Promise<void> | undefined {
    if (this.state === 'closing') return undefined;
    if (this.socket.bufferedAmount < this.context.limits.maxBufferedBytes / 4) {
      this.socket.send(frame, TEXT);
      return undefined;
    }
    return new Promise((resolve) => this.socket.send(frame, TEXT, () => resolve()));
  }

  private receive(data: RawData, isBinary: boolean) {
    if (this.state === 'closing') return;
    if (!this.withinRate()) {
      return this.fail('too_many_frames', 'Too many frames: slow down.', 1008);
    }
    const read = readFrame(data, isBinary);
    if ('problem' in read) {
      this.error('malformed_frame', read.problem);
      if (this.state === 'new') this.close(read.tokenMissing ? 4401 : 4400, 'The first frame was not auth');
    } else if (read.frame.type === 'auth') {
      void this.authenticate(read.frame);
    } else if (this.state === 'new') {
      this.fail('unauthenticated', 'The first frame must be auth.', 4400);
    } else {
      const { id } = read.frame;
      const cursor = this.follower?.cursor();
      this.say({ type: 'pong', ...(id !== undefined && { id }), ...(cursor && { cursor }) });
    }
  }

  private async authenticate(frame: AuthFrame) {
    if (this.state === 'joining')
      return this.error('not_ready', 'Wait for ready before the next auth frame.');
    if (this.state === 'new') {
      this.state = 'joining';
      this.disarm('auth');
    }
    const principal = await this.admit(frame.token).catch((error: unknown) => {
      this.refuse(error);
      return undefined;
    });
    if (!principal || this.isClosing()) return;
    const scope = scopeOf(principal, 'conversation.read');
    if (!scope) return this.fail('unauthenticated', 'Your role does not include the inbox.', 4403);
    crashPoint('session.authenticated');
    if (this.follower) this.renew(principal, this.follower);
    else await this.join(principal, frame.cursor);
  }

  /** Who only looks on is in the audit trail before they see anything. */
  private async admit(token: string): Promise<Principal> {
    const principal = await this.context.tokens.verify(token);
    if (isOverseer(principal) && !this.follower) await this.context.watch(token);
    return principal;
  }

  private refuse(error: unknown) {
    if (this.isClosing()) return;
    const { code, message } = toAppError(error);
    if (code === 'unauthenticated') this.fail('unauthenticated', message, 4401);
    // An open socket still has its old token; it may ask again before that ends.
    else if (this.state === 'open') this.error('internal', message);
    else this.fail('internal', message, 1013);
  }

  private async join(principal: Principal, cursor: string | undefined) {
    const { seats, feeds, logger, stream, clock, limits } = this.context;
    if (!seats.take(principal.agentId)) return this.close(1013, 'Too many sockets of this agent on this pod');
    this.principal = principal;
    const feed = (this.feed = feeds.acquire(principal.tenantId));
    this.arm('auth', JOIN_TIMEOUT_MS, () => this.close(1013, 'Temporarily unavailable: connect again'));
    await feed.started;
    if (this.isClosing()) return;
    this.disarm('auth');
    const scope = scopeOf(principal, 'conversation.read')!;
    const options = { stream, clock, logger, maxMissed: limits.maxResumeEvents };
    this.follower = new Follower(principal, scope, feed, this, options);
    this.state = 'open';
    this.follower.join(cursor, (at, resumed) => this.ready(at, resumed));
    logger.debug({ ...this.ids(), resumed: cursor !== undefined }, 'socket ready');
  }

  /** The same agent with a fresh token: the socket lives on. */
  private renew(principal: Principal, follower: Follower) {
    const before = this.principal;
    if (principal.agentId !== before?.agentId || principal.tenantId !== before.tenantId) {
      return this.fail('unauthenticated', 'This socket belongs to another agent: open a new one.', 4401);
    }
    this.principal = principal;
    follower.become(principal, scopeOf(principal, 'conversation.read')!);
    this.ready(follower.cursor(), true);
  }

  private ready(cursor: string, resumed: boolean) {
    const { agentId, tenantId, role, expiresAt } = this.principal!;
    const left = expiresAt * 1000 - Date.now();
    this.arm('expiry', left, () => this.fail('unauthenticated', 'The access token has expired.', 4401));
    this.say({
      type: 'ready',
      cursor,
      resumed,
      agent: { id: agentId, tenantId, role },
      expiresAt: new Date(expiresAt * 1000).toISOString(),
    });
    if (!this.isClosing()) this.context.roster.join(this, { agentId, tenantId });
  }

  private heartbeat() {
    const { pingIntervalMs, pongTimeoutMs } = this.context.limits;
    this.arm('heartbeat', pingIntervalMs, () => {
      this.socket.ping();
      this.arm('heartbeat', pongTimeoutMs, () => this.close(4408, 'No pong came in time'));
    });
  }

  private withinRate(): boolean {
    const now = Date.now();
    if (now - this.frames.since >= FRAMES_WINDOW_MS) this.frames = { since: now, count: 0 };
    return ++this.frames.count <= this.context.limits.maxFramesPer10s;
  }

  private say(frame: ServerFrame) {
    this.send(encodeFrame(frame));
  }

  private error(code: ErrorCode, detail: string) {
    this.say({ type: 'error', code, detail });
  }

  private fail(code: ErrorCode, detail: string, closeCode: CloseCode) {
    this.error(code, detail);
    this.close(closeCode, detail);
  }

  private isClosing(): boolean {
    return this.state === 'closing';
  }

  /** From here on nothing is sent and nothing is kept for this client. */
  private letGo() {
    this.state = 'closing';
    for (const cancel of this.timers.values()) cancel();
    this.timers.clear();
    this.follower?.leave();
    if (!this.feed) return;
    this.context.feeds.release(this.feed);
    this.context.seats.leave(this.principal!.agentId);
    this.context.roster.leave(this);
    this.feed = undefined;
  }

  private gone(code: number) {
    if (this.state !== 'closing') this.letGo();
    this.disarm('close');
    connections.dec();
    const why = this.closedWith ?? code;
    // Clients may close with any number; a label must not.
    disconnects.inc({ code: this.closedWith || code < 1016 ? String(why) : 'other' });
    const seconds = Math.round((Date.now() - this.openedAt) / 1000);
    this.context.logger.info({ ...this.ids(), code: why, seconds }, 'socket closed');
  }

  private ids() {
    const { agentId, tenantId, sessionId } = this.principal ?? {};
    return { agentId, tenantId, sessionId };
  }

  private arm(timer: 'auth' | 'expiry' | 'heartbeat' | 'close', ms: number, run: () => void) {
    this.disarm(timer);
    if (this.isClosing() && timer !== 'close') return;
    const wait = Math.min(Math.max(ms, 0), LONGEST_TIMER_MS);
    this.timers.set(timer, this.context.clock.after(wait, run));
  }

  private disarm(timer: 'auth' | 'expiry' | 'heartbeat' | 'close') {
    this.timers.get(timer)?.();
    this.timers.delete(timer);
  }
}
