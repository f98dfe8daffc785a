import { SOCKET_LIMITS, type Place } from '@scrm/contracts';
import type { ReadEvent } from '@scrm/messaging';
import type { Logger } from '@scrm/platform';
import {
  eventsDuplicate,
  eventsLive,
  eventsMarked,
  eventsRefilled,
  inboundDelivery,
  webhookToScreen,
  refills,
} from '../metrics';
import { AudienceIndex, type Viewer } from './audience-index';
import { patiently, type Clock } from './clock';
import { Recent, RecentBudget, type Passed } from './recent';
import type { Stream } from './stream.client';

/** One event on its way to many sockets: written down by the first that needs it, shared by all others. */
export interface Delivery extends Omit<Passed, 'place'> {
  readonly event: ReadEvent;
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
  /** What all feeds keep together for those who come back. */
  budget?: RecentBudget;
  /** Hears that the listeners are filed under other keys now. */
  onKeys?: () => void;
}

export type RefillReason = 'hole' | 'epoch' | 'overflow' | 'subscription' | 'check';

/** What the broker brings: an event, or only who could see it. */
export type Known = ReadEvent | Place;

const isEvent = (place: Known): place is ReadEvent => 'data' in place;

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
  readonly listeners: AudienceIndex<L>;
  /** Resolves when `epoch` and `position` are known. */
  readonly started: Promise<void>;

  private known = 0;
  /** What cannot be passed yet, by position: it lies beyond a hole, or its event is to come. */
  private readonly held = new Map<number, Known>();
  private readonly recent: Recent;
  /** What the broker brought before the start, or null from then on. */
  private early: { epoch: string; places: Known[] }[] | null = [];
  private stale = false;
  private refilling = false;
  private closed = false;
  private watching: (() => void) | undefined;

  constructor(
    readonly tenantId: string,
    private readonly options: FeedOptions,
  ) {
    this.listeners = new AudienceIndex(options.onKeys);
    this.recent = new Recent(options.budget ?? new RecentBudget());
    this.started = this.start();
  }

  /** From the broker: what one transaction changed, or where the stream went on. */
  receive(epoch: string, places: Known[]) {
    if (this.closed) return;
    if (this.early) {
      if (this.early.length < MAX_HELD) this.early.push({ epoch, places });
      else this.stale = true;
    } else if (epoch !== this.epoch) {
      // Either the stream began anew, or this is a straggler of the life before: the history knows.
      this.refill('epoch');
    } else {
      for (const place of places) this.take(place, false);
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

  /** What was passed behind `after`, up to and with `upTo`, as far as it is still here. */
  passed(after: number, upTo: number): Passed[] | undefined {
    return this.recent.between(after, upTo);
  }

  close() {
    this.closed = true;
    this.watching?.();
    this.held.clear();
    this.recent.clear();
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
    for (const { epoch, places } of early) this.receive(epoch, places);
    if (this.stale) this.refill('subscription');
  }

  private take(place: Known, refilled: boolean) {
    if (place.position <= this.position) {
      if (!refilled && isEvent(place)) eventsDuplicate.inc();
    } else if (place.position === this.position + 1 && this.mayPass(place)) {
      this.pass(place, refilled);
      for (let next; (next = this.held.get(this.position + 1)) && this.mayPass(next);) this.pass(next, false);
    } else {
      this.hold(place);
    }
  }

  /** Where somebody sees what happened, the event itself is needed: it is on its way, or the history has it. */
  private mayPass(place: Known): boolean {
    return isEvent(place) || !this.listeners.isSeen(place);
  }

  private pass(place: Known, refilled: boolean) {
    this.position = place.position;
    this.known = Math.max(this.known, place.position);
    this.held.delete(place.position);
    const { epoch } = this;
    if (!isEvent(place)) {
      eventsMarked.inc();
      return this.recent.push({ epoch, place });
    }
    (refilled ? eventsRefilled : eventsLive).inc();
    const event = place;
    const delivery = { epoch, place, event };
    this.recent.push(delivery);
    let seen = false;
    this.listeners.forEachSeeing(event, (listener) => {
      seen = true;
      listener.deliver(delivery);
    });
    if (seen && event.type === 'message.received') observeDelivery(event);
  }

  private hold(place: Known) {
    this.known = Math.max(this.known, place.position);
    if (isEvent(place) || !this.held.has(place.position)) this.held.set(place.position, place);
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
    this.recent.clear();
    for (const listener of this.listeners.all()) listener.restart(reason);
  }
}

/** History does not know when a delivery came in: what came from there counts from its commit. */
function observeDelivery({ occurredAt, receivedAt = occurredAt }: ReadEvent) {
  inboundDelivery.observe(secondsSince(occurredAt));
  webhookToScreen.observe(secondsSince(receivedAt));
}

const secondsSince = (time: string) => Math.max(0, Date.now() - Date.parse(time)) / 1000;
