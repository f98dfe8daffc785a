import type { ConversationEvent } from '@scrm/contracts';
import type { Logger } from '@scrm/platform';
import type { Clock } from './clock';
import type { Stream } from './stream.client';
import { TenantFeed, type FeedListener } from './tenant-feed';

/** A feed that nobody follows stays this long: someone who reloads the page finds it running. */
const LINGER_MS = 30_000;
/** After the broker came back all feeds read at once; a little apart, so that the database can breathe. */
const REFILL_SPREAD_MS = 500;
const MAX_TENANTS_A_QUESTION = 10_000;

interface Entry<L extends FeedListener> {
  feed: TenantFeed<L>;
  users: number;
  cancelLinger?: () => void;
}

export interface FeedRegistryOptions {
  stream: Stream;
  clock: Clock;
  logger: Logger;
  /** How often the feeds are compared with the history: finds what the fanout lost without a trace. */
  checkMs: number;
  maxMissed?: number;
}

/** The feeds of this pod: one for each tenant that has a socket here. */
export class FeedRegistry<L extends FeedListener = FeedListener> {
  private readonly entries = new Map<string, Entry<L>>();
  private cancelCheck: (() => void) | undefined;
  private closed = false;

  constructor(private readonly options: FeedRegistryOptions) {
    this.scheduleCheck();
  }

  /** The tenant's feed, for as long as it is not released. */
  acquire(tenantId: string): TenantFeed<L> {
    let entry = this.entries.get(tenantId);
    if (!entry) {
      entry = { feed: new TenantFeed<L>(tenantId, this.options), users: 0 };
      this.entries.set(tenantId, entry);
    }
    entry.users++;
    entry.cancelLinger?.();
    return entry.feed;
  }

  release(feed: TenantFeed<L>) {
    const entry = this.entries.get(feed.tenantId);
    if (!entry || --entry.users > 0) return;
    entry.cancelLinger = this.options.clock.after(LINGER_MS, () => {
      this.entries.delete(feed.tenantId);
      feed.close();
    });
  }

  has(tenantId: string): boolean {
    return this.entries.has(tenantId);
  }

  receive(tenantId: string, epoch: string, events: ConversationEvent[]) {
    this.entries.get(tenantId)?.feed.receive(epoch, events);
  }

  /** Anything may have been missed until now. */
  refillAll() {
    const { clock } = this.options;
    for (const { feed } of this.entries.values()) {
      clock.after(clock.random() * REFILL_SPREAD_MS, () => feed.refill('subscription'));
    }
  }

  close() {
    this.closed = true;
    this.cancelCheck?.();
    for (const { feed, cancelLinger } of this.entries.values()) {
      cancelLinger?.();
      feed.close();
    }
    this.entries.clear();
  }

  /** Jittered, so that the pods don't ask in step. */
  private scheduleCheck() {
    if (this.closed) return;
    const { clock, checkMs } = this.options;
    this.cancelCheck = clock.after(checkMs * (0.8 + clock.random() * 0.4), () => {
      void this.check().finally(() => this.scheduleCheck());
    });
  }

  private async check() {
    const tenantIds = [...this.entries.keys()];
    for (let i = 0; i < tenantIds.length; i += MAX_TENANTS_A_QUESTION) {
      const some = tenantIds.slice(i, i + MAX_TENANTS_A_QUESTION);
      const asked = new Map(some.map((id) => [id, this.entries.get(id)?.feed.position ?? 0]));
      try {
        for (const { tenantId, epoch, head } of await this.options.stream.heads(some)) {
          this.entries.get(tenantId)?.feed.compare(epoch, head, asked.get(tenantId) ?? 0);
        }
      } catch (err) {
        this.options.logger.warn(
          { err, tenants: some.length },
          'feeds could not be compared with the history',
        );
      }
    }
  }
}
