import { advanceKey, EVERYTHING, routingKey } from '@scrm/contracts';
import type { Logger } from '@scrm/platform';
import type { Clock } from './clock';
import { RecentBudget } from './recent';
import type { Stream } from './stream.client';
import { TenantFeed, type FeedListener, type Known } from './tenant-feed';

/** A feed that nobody follows stays this long: someone who reloads the page finds it running. */
const LINGER_MS = 30_000;
/** After the broker came back all feeds read at once; a little apart, so that the database can breathe. */
const REFILL_SPREAD_MS = 500;
const MAX_TENANTS_A_QUESTION = 10_000;
/** A pod that holds so much of a tenant takes all of it: that is less work for the broker than so many keys. */
const MAX_KEYS_A_TENANT = 200;

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
  budget?: RecentBudget;
}

/** Hears under which keys the changes of a tenant are wanted on this pod; under none, once it has no feed. */
export type OnInterest = (tenantId: string, keys: string[]) => void;

/** The feeds of this pod: one for each tenant that has a socket here. */
export class FeedRegistry<L extends FeedListener = FeedListener> {
  private readonly entries = new Map<string, Entry<L>>();
  private cancelCheck: (() => void) | undefined;
  private closed = false;
  private readonly budget: RecentBudget;
  private onInterest: OnInterest | undefined;

  constructor(private readonly options: FeedRegistryOptions) {
    this.budget = options.budget ?? new RecentBudget();
    this.scheduleCheck();
  }

  /** From now on it hears of every change. */
  tellInterest(onInterest: OnInterest) {
    this.onInterest = onInterest;
  }

  /** The tenant's feed, for as long as it is not released. */
  acquire(tenantId: string): TenantFeed<L> {
    let entry = this.entries.get(tenantId);
    if (!entry) {
      const onKeys = () => this.onInterest?.(tenantId, wantedKeys(tenantId, feed.listeners.keys()));
      const feed = new TenantFeed<L>(tenantId, { ...this.options, budget: this.budget, onKeys });
      entry = { feed, users: 0 };
      this.entries.set(tenantId, entry);
      onKeys();
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
      this.onInterest?.(feed.tenantId, []);
    });
  }

  has(tenantId: string): boolean {
    return this.entries.has(tenantId);
  }

  receive(tenantId: string, epoch: string, places: Known[]) {
    this.entries.get(tenantId)?.feed.receive(epoch, places);
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

  /** Finds what these feeds missed without a trace. */
  async check(tenantIds = [...this.entries.keys()]) {
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

function wantedKeys(tenantId: string, filed: Iterable<string>): string[] {
  const keys: string[] = [];
  for (const key of filed) {
    if (key === EVERYTHING || keys.length === MAX_KEYS_A_TENANT) return [routingKey(tenantId, EVERYTHING)];
    keys.push(routingKey(tenantId, key));
  }
  return [advanceKey(tenantId), ...keys];
}
