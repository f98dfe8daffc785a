import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { AccountStore } from '../account/account.store';
import { Clock } from '../clock/clock';
import { type DeliveryEntry, type DeliveryItem, LedgerStore, preciseNow } from '../ledger/ledger.store';
import { Settings } from '../settings/settings';
import { digest, encodeBody, envelope, type Update } from './webhook.body';
import { type SignatureMode, WebhookSender } from './webhook.sender';

interface Batch {
  id: string;
  url: string;
  updates: Update[];
  timer: NodeJS.Timeout;
}

export interface RawDelivery {
  body: unknown;
  url?: string;
  signature?: SignatureMode;
  secret?: string;
  items?: DeliveryItem[];
}

/** Turns updates into deliveries: routing, batching, body style, copies. */
@Injectable()
export class WebhookService implements OnModuleDestroy {
  private readonly batches = new Map<string, Batch>();
  private readonly waiters = new Map<string, ((entry: DeliveryEntry) => void)[]>();
  private lastId = 0;
  private alternation = 0;

  constructor(
    private readonly settings: Settings,
    private readonly accounts: AccountStore,
    private readonly clock: Clock,
    private readonly ledger: LedgerStore,
    private readonly sender: WebhookSender,
  ) {}

  /** Hands one update over and returns the id of the delivery that will carry it. */
  emit(update: Update): string | undefined {
    const waba = this.accounts.wabas.get(update.wabaId);
    if (waba && !waba.subscribed) return undefined;
    const url = this.route(update);
    const { size, windowMs, across } = this.settings.webhook.batch;
    if (size <= 1) return this.deliver(this.newId(), url, [update]);
    const key = across ? url : `${update.wabaId} ${update.phoneNumberId ?? ''} ${url}`;
    let batch = this.batches.get(key);
    if (!batch) {
      batch = { id: this.newId(), url, updates: [], timer: setTimeout(() => this.flush(key), windowMs) };
      this.batches.set(key, batch);
    }
    batch.updates.push(update);
    if (batch.updates.length >= size) this.flush(key);
    return batch.id;
  }

  /** Several updates in deliveries of a given size, whatever the settings say. */
  emitTogether(updates: readonly Update[], size: number): string[] {
    const ids: string[] = [];
    const byUrl = new Map<string, Update[]>();
    for (const update of updates) {
      const url = this.route(update);
      const list = byUrl.get(url);
      if (list) list.push(update);
      else byUrl.set(url, [update]);
    }
    for (const [url, list] of byUrl) {
      for (let i = 0; i < list.length; i += size)
        ids.push(this.deliver(this.newId(), url, list.slice(i, i + size)));
    }
    return ids;
  }

  /** Any bytes at all, signed as they are. A string goes out untouched. */
  raw(input: RawDelivery): string {
    const id = this.newId();
    const bytes = encodeBody(input.body, typeof input.body !== 'string' && this.nextEscaped());
    const { signature, secret } = input;
    this.submit(id, input.url ?? this.settings.webhookUrl, bytes, [], input.items ?? [], {
      ...(signature ? { signature } : {}),
      ...(secret ? { secret } : {}),
    });
    return id;
  }

  /** Resolves when the delivery is accepted or given up. Ask right after emitting. */
  settled(deliveryId: string): Promise<DeliveryEntry> {
    return new Promise((resolve) => {
      const list = this.waiters.get(deliveryId);
      if (list) list.push(resolve);
      else this.waiters.set(deliveryId, [resolve]);
    });
  }

  reset(): void {
    for (const batch of this.batches.values()) clearTimeout(batch.timer);
    this.batches.clear();
    this.waiters.clear();
    this.sender.reset();
  }

  onModuleDestroy(): void {
    this.reset();
  }

  private route(update: Update): string {
    const phone = update.phoneNumberId ? this.accounts.phoneNumbers.get(update.phoneNumberId) : undefined;
    // Meta's order: the number's own address, then the account's, then the app's. Only `messages` can differ.
    const override =
      update.field === 'messages'
        ? (phone?.webhookUrl ?? this.accounts.wabas.get(update.wabaId)?.webhookUrl)
        : undefined;
    return override ?? this.settings.webhookUrl;
  }

  private flush(key: string): void {
    const batch = this.batches.get(key);
    if (!batch) return;
    clearTimeout(batch.timer);
    this.batches.delete(key);
    this.deliver(batch.id, batch.url, batch.updates);
  }

  private deliver(id: string, url: string, updates: readonly Update[]): string {
    const bytes = encodeBody(envelope(updates, Math.floor(this.clock.now() / 1000)), this.nextEscaped());
    const items =
      updates.length === 1 && updates[0] ? updates[0].items : updates.flatMap((each) => each.items);
    this.submit(id, url, bytes, updates, items, {});
    return id;
  }

  private submit(
    id: string,
    url: string,
    body: Buffer,
    updates: readonly Update[],
    items: DeliveryItem[],
    signing: { signature?: SignatureMode; secret?: string },
  ): void {
    const bodyDigest = digest(body);
    for (let copy = 0; copy <= this.settings.webhook.duplicates; copy++) {
      const entry = this.ledger.delivery({
        id: copy === 0 ? id : `${id}.${copy}`,
        url,
        createdAt: preciseNow(),
        bytes: body.length,
        digest: bodyDigest,
        items,
        state: 'pending',
        attemptCount: 0,
        attempts: [],
        ...(copy === 0 ? {} : { copyOf: id }),
      });
      // Deferred by a tick, so that a caller can still ask to be told about an immediate end.
      const job = { entry, body, updates, ...signing, onSettled: (done: DeliveryEntry) => this.tell(done) };
      queueMicrotask(() => this.sender.submit(job));
    }
  }

  private tell(entry: DeliveryEntry): void {
    const list = this.waiters.get(entry.id);
    if (!list) return;
    this.waiters.delete(entry.id);
    for (const resolve of list) resolve(entry);
  }

  private nextEscaped(): boolean {
    const { style } = this.settings.webhook;
    return style === 'escaped' || (style === 'alternate' && this.alternation++ % 2 === 1);
  }

  private newId(): string {
    return `d${++this.lastId}`;
  }
}
