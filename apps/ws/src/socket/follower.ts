import { SOCKET_LIMITS, type Principal, type Scope } from '@scrm/contracts';
import { crashPoint, type Logger } from '@scrm/platform';
import { sees } from '../realtime/audience-index';
import { patiently, type Clock } from '../realtime/clock';
import type { Stream, StreamQuestion } from '../realtime/stream.client';
import type { Delivery, FeedListener, ResetReason, TenantFeed } from '../realtime/tenant-feed';
import { resumes } from '../metrics';
import { decodeCursor, encodeCursor, type Cursor } from './cursor';
import { encodeFrame, frameOf } from './frames';

/** The way to the client. Neither throws; on a closed socket both do nothing. */
export interface Sink {
  send(frame: Buffer | string): void;
  /** Sends, and waits where the client is slower than we are. */
  sendPaced(frame: Buffer | string): Promise<void> | undefined;
}

export interface FollowerOptions {
  stream: Stream;
  clock: Clock;
  logger: Logger;
  maxMissed?: number;
}

const PAGE = 500;

/**
 * One client's place in the feed of its tenant. It resumes without a gap, because the order is fixed: first it joins
 * the feed and keeps what comes, then it reads what was missed up to the place where it joined, then it sends what
 * it kept, and in the moment when nothing is left it is live.
 */
export class Follower implements FeedListener {
  /** Everything up to here was sent, is kept in `waiting`, or is none of this client's business. */
  private position = 0;
  /** What came while the missed events are read; null when live. */
  private waiting: Delivery[] | null = null;
  /** While catching up: up to where the client has everything. */
  private caughtUp: Cursor = { epoch: '', position: 0 };
  /** Which catching up counts: a restart makes the one under way void. */
  private turn = 0;

  constructor(
    public principal: Principal,
    public scope: Scope,
    protected readonly feed: TenantFeed<Follower>,
    private readonly sink: Sink,
    protected readonly options: FollowerOptions,
  ) {}

  /**
   * Joins the started feed after the given cursor. Synchronous until the client is told by `announce` where it
   * stands, so nothing can happen in between.
   */
  join(given: string | undefined, announce: (cursor: string, resumed: boolean) => void) {
    const head = this.head();
    this.position = head.position;
    if (given === undefined) {
      this.feed.listeners.add(this);
      announce(encodeCursor(head), false);
      resumes.inc({ outcome: 'fresh' });
      return;
    }
    const cursor = decodeCursor(given);
    const refused = this.refuse(cursor, head);
    if (!cursor || refused) {
      this.feed.listeners.add(this);
      announce(encodeCursor(head), false);
      this.sendReset(head, refused ?? 'unknown_cursor');
      return;
    }
    announce(given, true);
    this.caughtUp = cursor;
    void this.catchUp(cursor, head);
  }

  /** Where the client stands: everything up to here was sent before. */
  cursor(): string {
    if (this.waiting) return encodeCursor(this.caughtUp);
    const { epoch, position } = this.head();
    return encodeCursor({ epoch, position: Math.max(position, this.position) });
  }

  /** The client showed a fresh token: what it sees may be more or less from now on. */
  become(principal: Principal, scope: Scope) {
    this.principal = principal;
    this.scope = scope;
    this.feed.listeners.add(this);
  }

  leave() {
    this.turn++;
    this.waiting = null;
    this.feed.listeners.delete(this);
  }

  deliver(delivery: Delivery) {
    const { position } = delivery.event;
    if (position <= this.position) return;
    this.position = position;
    if (!this.waiting) {
      this.sink.send(frameOf(delivery));
      return;
    }
    this.waiting.push(delivery);
    if (this.waiting.length > this.maxMissed) this.restart('too_many_missed');
  }

  restart(reason: ResetReason) {
    this.turn++;
    this.waiting = null;
    const head = this.head();
    this.position = head.position;
    this.sendReset(head, reason);
  }

  protected async catchUp(from: Cursor, head: Cursor) {
    const turn = this.startKeeping(from);
    const read =
      from.position > head.position ? this.checkAhead(from, turn) : this.sendMissed(from, head, turn);
    const outcome = await read;
    if (turn !== this.turn) return;
    if (outcome === 'unknown') return this.restart('unknown_cursor');
    if (outcome === 'lost') this.sendReset(head, 'cursor_too_old');
    else resumes.inc({ outcome: 'resumed' });
    crashPoint('session.resumed');
    await this.sendKept(turn);
  }

  /** From here on nothing that the feed delivers is lost on this client. */
  protected startKeeping(from: Cursor): number {
    this.waiting = [];
    // A cursor ahead of this pod: what the client has already is dropped when the pod gets there.
    this.position = Math.max(from.position, this.feed.position);
    this.feed.listeners.add(this);
    return ++this.turn;
  }

  /** Sends what lies between the cursor and the place of joining. */
  protected async sendMissed({ position: from }: Cursor, { epoch, position: upTo }: Cursor, turn: number) {
    let after = from;
    // Whoever was away for a moment only missed what the feed still has at hand.
    for (const passed of this.feed.passed(from, upTo) ?? []) {
      const seen = sees(this, passed.place);
      if (seen && !passed.event) break;
      after = passed.place.position;
      this.caughtUp = { epoch, position: after };
      const pause = seen ? this.sink.sendPaced(frameOf(passed as Delivery)) : undefined;
      if (pause) await pause;
      if (turn !== this.turn) return 'void';
    }
    while (after < upTo) {
      const page = await this.read({ epoch, after, upTo, limit: PAGE }, turn);
      if (turn !== this.turn || !page) return 'void';
      if (page.epoch !== epoch || page.head < upTo) return this.unknown();
      if (page.reset || page.events[0]?.position !== after + 1) return 'lost';
      for (const event of page.events) {
        if (event.position > upTo) break;
        after = event.position;
        this.caughtUp = { epoch, position: after };
        if (!sees(this, event)) continue;
        await this.sink.sendPaced(frameOf({ epoch, event }));
        if (turn !== this.turn) return 'void';
      }
    }
    return 'done';
  }

  /** Another pod was further: nothing to send, but the cursor must be one that the stream has reached. */
  private async checkAhead({ epoch, position: after }: Cursor, turn: number) {
    const page = await this.read({ epoch, after, limit: 1 }, turn);
    if (!page) return 'void';
    if (page.epoch !== epoch || page.reset || page.head < after) return this.unknown();
    this.feed.refill('check');
    return 'done';
  }

  /** The stream is not what the cursor says; perhaps the feed has not heard yet that it began anew. */
  private unknown() {
    this.feed.refill('epoch');
    return 'unknown' as const;
  }

  private read(question: Omit<StreamQuestion, 'tenantId'>, turn: number) {
    const { clock, logger, stream } = this.options;
    const { tenantId } = this.principal;
    return patiently(() => stream.read({ tenantId, ...question }), {
      clock,
      wanted: () => turn === this.turn,
      onFailure: (err) => logger.warn({ err, tenantId }, 'resume failed: trying again'),
    });
  }

  /** In the tick in which nothing is left to send, the client is live. */
  protected async sendKept(turn: number) {
    while (this.waiting && this.waiting.length > 0) {
      for (const delivery of this.waiting.splice(0)) {
        this.caughtUp = { epoch: delivery.epoch, position: delivery.event.position };
        await this.sink.sendPaced(frameOf(delivery));
        if (turn !== this.turn) return;
      }
    }
    this.waiting = null;
  }

  private refuse(cursor: Cursor | undefined, head: Cursor): ResetReason | undefined {
    if (!cursor) return 'unknown_cursor';
    if (cursor.epoch !== head.epoch) {
      this.unknown();
      return 'unknown_cursor';
    }
    return head.position - cursor.position > this.maxMissed ? 'too_many_missed' : undefined;
  }

  private get maxMissed() {
    return this.options.maxMissed ?? SOCKET_LIMITS.maxResumeEvents;
  }

  private head(): Cursor {
    return { epoch: this.feed.epoch, position: this.feed.position };
  }

  private sendReset(to: Cursor, reason: ResetReason) {
    this.caughtUp = to;
    resumes.inc({ outcome: 'reset' });
    this.sink.send(encodeFrame({ type: 'reset', cursor: encodeCursor(to), reason }));
  }
}
