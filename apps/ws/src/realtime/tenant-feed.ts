import { SOCKET_LIMITS, type ConversationEvent } from '@scrm/contracts';
import type { Logger } from '@scrm/platform';
import { eventsDuplicate, eventsLive, eventsRefilled, inboundDelivery, refills } from '../metrics';
import { AudienceIndex, type Viewer } from './audience-index';
import { patiently, type Clock } from './clock';
import type { Stream } from './stream.client';

/** One event on its way to many sockets: written down by the first that needs it, shared by all others. */
export interface Delivery {
  readonly epoch: string;
  readonly event: ConversationEvent;
  frame?: Buffer;
}

export type ResetReason = 'cursor_too_old' | 'too_many_missed' | 'unknown_cursor';

/** Someone who follows a feed. Both are called in the order of the stream and must not throw. */
export interface FeedListener extends Viewer {
  /** May come more than once for the same event. */
  deliver(delivery: Delivery): void;
  /** The stream goes on elsewhere: everything so far has to be loaded again. */
  restart(reason: ResetReason): void;
}

export interface FeedOptions {
  stream: Stream;
  clock: Clock;
  logger: Logger;
  /** A feed that is further behind skips, and everybody loads again. */
  maxMissed?: number;
}

export type RefillReason = 'hole' | 'epoch' | 'overflow' | 'subscription' | 'check';

/** How long a hole may stay open: workers publish side by side, so neighbours swap places all the time. */
const HOLE_MS = 50;
const PAGE = 500;
const MAX_HELD = 5_000;

/**
 * The stream of one tenant on this pod: hands every event to its listeners once and in order. It knows its
 * `position`, up to where it delivered, and `known`, up to where it knows the stream to be committed. Where the two
 * differ and nothing moves, something got lost on the way, and the history has it.
 *
 * Pure: no sockets, no broker; time and history come from outside.
 */
export class TenantFeed<L extends FeedListener = FeedListener> {
  epoch = '';
  position = 0;
  readonly listeners = new AudienceIndex<L>();
  /** Resolves when `epoch` and `position` are known. */
  readonly started: Promise<void>;

  private known = 0;
  /** Events beyond a hole, by position. */
  private readonly held = new Map<number, ConversationEvent>();
  /** What the fanout brought before the start, or null from then on. */
  private early: { epoch: string; events: ConversationEvent[] }[] | null = [];
  private stale = false;
  private refilling = false;
  private closed = false;
  private watching: (() => void) | undefined;

  constructor(
    readonly tenantId: string,
    private readonly options: FeedOptions,
  ) {
    this.started = this.start();
  }

  /** From the fanout: what one transaction changed. */
  receive(epoch: string, events: ConversationEvent[]) {
    if (this.closed) return;
    if (this.early) {
      if (this.early.length < MAX_HELD) this.early.push({ epoch, events });
      else this.stale = true;
    } else if (epoch !== this.epoch) {
      // Either the stream began anew, or this is a straggler of the life before: the history knows.
      this.refill('epoch');
    } else {
      for (const event of events) this.take(event, false);
      this.watch();
    }
  }

  /** What the history says about where the stream stands; `asked` is the position at the time of the question. */
  compare(epoch: string, head: number, asked: number) {
    if (this.closed || this.early) return;
    if (epoch !== this.epoch || head < asked) {
      this.refill('check');
    } else {
      this.known = Math.max(this.known, head);
      this.watch();
    }
  }

  /** Something may be missing: reads on from here. Calls while one read is under way are one more read. */
  refill(reason: RefillReason) {
    this.stale = true;
    if (this.closed || this.early || this.refilling) return;
    refills.inc({ reason });
    void this.readOn();
  }

  close() {
    this.closed = true;
    this.watching?.();
    this.held.clear();
  }

  private async start() {
    const { stream, clock, logger } = this.options;
    const ask = async () => {
      const head = (await stream.heads([this.tenantId])).find((h) => h.tenantId === this.tenantId);
      if (!head) throw new Error('no head of the stream in the answer');
      return head;
    };
    const onFailure = (err: unknown) =>
      logger.warn({ err, tenantId: this.tenantId }, 'feed could not start: trying again');
    const head = await patiently(ask, { clock, wanted: () => !this.closed, onFailure });
    if (!head || this.closed) return;
    const early = this.early ?? [];
    this.epoch = head.epoch;
    this.position = this.known = head.head;
    this.early = null;
    for (const { epoch, events } of early) this.receive(epoch, events);
    if (this.stale) this.refill('subscription');
  }

  private take(event: ConversationEvent, refilled: boolean) {
    if (event.position <= this.position) {
      if (!refilled) eventsDuplicate.inc();
    } else if (event.position === this.position + 1) {
      this.pass(event, refilled);
      for (let next; (next = this.held.get(this.position + 1));) {
        this.held.delete(next.position);
        this.pass(next, false);
      }
    } else {
      this.hold(event);
    }
  }

  private pass(event: ConversationEvent, refilled: boolean) {
    this.position = event.position;
    this.known = Math.max(this.known, event.position);
    (refilled ? eventsRefilled : eventsLive).inc();
    this.held.delete(event.position);
    const delivery: Delivery = { epoch: this.epoch, event };
    let seen = false;
    this.listeners.forEachSeeing(event, (listener) => {
      seen = true;
      listener.deliver(delivery);
    });
    const received = event.type === 'message.received' ? event.data.message?.createdAt : undefined;
    if (seen && received) inboundDelivery.observe(Math.max(0, Date.now() - Date.parse(received)) / 1000);
  }

  private hold(event: ConversationEvent) {
    this.known = Math.max(this.known, event.position);
    this.held.set(event.position, event);
    if (this.held.size <= MAX_HELD) return;
    this.held.clear();
    this.refill('overflow');
  }

  /** Looks again in a moment whether the stream got stuck. */
  private watch() {
    if (this.position >= this.known || this.watching || this.refilling || this.closed) return;
    const at = this.position;
    this.watching = this.options.clock.after(HOLE_MS, () => {
      this.watching = undefined;
      if (this.position === at && this.known > at) this.refill('hole');
      else this.watch();
    });
  }

  private async readOn() {
    const { clock, logger } = this.options;
    this.refilling = true;
    const onFailure = (err: unknown) =>
      logger.warn({ err, tenantId: this.tenantId }, 'refill failed: trying again');
    while (this.stale && !this.closed) {
      await patiently(() => this.readPages(), { clock, wanted: () => !this.closed, onFailure });
    }
    this.refilling = false;
    this.watch();
  }

  private async readPages() {
    const { stream, maxMissed = SOCKET_LIMITS.maxResumeEvents } = this.options;
    const { tenantId, known } = this;
    for (let complete = false; !complete;) {
      const { epoch, position: after } = this;
      this.stale = false;
      const page = await stream.read({ tenantId, epoch, after, limit: PAGE });
      if (this.closed) return;
      // Below where we are it can only stand if it lost commits: that is another life, whatever it is called.
      if (page.epoch !== epoch || page.head < after) {
        return this.skipTo(page.epoch, page.head, 'unknown_cursor');
      }
      if (page.reset) return this.skipTo(epoch, page.head, 'cursor_too_old');
      if (page.head - this.position > maxMissed) return this.skipTo(epoch, page.head, 'too_many_missed');
      for (const event of page.events) this.take(event, true);
      complete = page.complete;
      if (this.position === after && (!complete || known > after)) {
        throw new Error('the history does not go on where the feed stands');
      }
    }
  }

  private skipTo(epoch: string, position: number, reason: ResetReason) {
    const { logger } = this.options;
    logger.warn({ tenantId: this.tenantId, from: this.position, to: position, reason }, 'feed starts over');
    this.epoch = epoch;
    this.position = this.known = position;
    this.held.clear();
    for (const listener of this.listeners.all()) listener.restart(reason);
  }
}
