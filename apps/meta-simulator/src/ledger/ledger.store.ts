import { Injectable } from '@nestjs/common';
import { normaliseRecipient } from '../message/recipient';
import { Settings } from '../settings/settings';
import { BoundedLog } from './bounded.log';

export interface DeliveryItem {
  /** wamid; for other fields the field's name. */
  id: string;
  status?: string;
  field?: string;
}

export interface Attempt {
  at: number;
  /** HTTP status; 0 = no answer. */
  status: number;
  ms: number;
  error?: string;
}

export interface DeliveryEntry {
  seq: number;
  id: string;
  url: string;
  createdAt: number;
  bytes: number;
  /** SHA-256 of the body, hex. */
  digest: string;
  items: DeliveryItem[];
  state: 'pending' | 'accepted' | 'failed';
  attemptCount: number;
  /** The latest ones; a delivery that is retried for hours keeps fifty. */
  attempts: Attempt[];
  acceptedAt?: number;
  copyOf?: string;
}

export interface SendEntry {
  seq: number;
  at: number;
  phoneNumberId: string;
  to: string;
  callbackId?: string;
  wamid?: string;
  type?: string;
  body: unknown;
  /** accepted | accepted-unanswered | rejected | reset-before | timeout | http-NNN */
  outcome: string;
  code?: number;
}

export const preciseNow = (): number => performance.timeOrigin + performance.now();

/** What was delivered, and what was sent: the witness that tests and the load driver ask. */
@Injectable()
export class LedgerStore {
  private readonly deliveries = new BoundedLog<DeliveryEntry>();
  private readonly sends = new BoundedLog<SendEntry>((entry) => this.forgetSend(entry));
  private readonly acceptedPerCallback = new Map<string, number>();
  private counts = {
    deliveries: 0,
    accepted: 0,
    failed: 0,
    attempts: 0,
    items: 0,
    sends: 0,
    sendsAccepted: 0,
  };
  private repeated = 0;

  constructor(private readonly settings: Settings) {}

  delivery(entry: Omit<DeliveryEntry, 'seq'>): DeliveryEntry {
    this.counts.deliveries++;
    this.counts.items += entry.items.length;
    return this.deliveries.add(entry, this.settings.limits.ledgerEntries);
  }

  attempt(entry: DeliveryEntry, attempt: Attempt): void {
    this.counts.attempts++;
    entry.attemptCount++;
    entry.attempts.push(attempt);
    if (entry.attempts.length > 50) entry.attempts.shift();
  }

  accepted(entry: DeliveryEntry): void {
    entry.state = 'accepted';
    entry.acceptedAt = preciseNow();
    this.counts.accepted++;
  }

  failed(entry: DeliveryEntry): void {
    entry.state = 'failed';
    this.counts.failed++;
  }

  send(input: Omit<SendEntry, 'seq' | 'at' | 'to' | 'type'> & { to?: string; type?: string }): SendEntry {
    const body = (input.body ?? {}) as Record<string, unknown>;
    const callbackId = input.callbackId ?? body.biz_opaque_callback_data;
    const entry: Omit<SendEntry, 'seq'> = {
      at: preciseNow(),
      ...(typeof body.type === 'string' ? { type: body.type } : {}),
      ...input,
      to: input.to ?? normaliseRecipient(String(body.to ?? body.recipient ?? '')),
      ...(typeof callbackId === 'string' ? { callbackId } : {}),
    };
    this.counts.sends++;
    if (entry.outcome.startsWith('accepted')) this.countAccepted(entry.callbackId);
    return this.sends.add(entry, this.settings.limits.ledgerEntries);
  }

  listDeliveries(since: number, limit: number): { last: number; data: DeliveryEntry[] } {
    return { last: this.deliveries.last, data: this.deliveries.after(since, limit) };
  }

  listSends(since: number, limit: number, to?: string): { last: number; data: SendEntry[] } {
    const wanted = to === undefined ? undefined : normaliseRecipient(to);
    const keep = wanted === undefined ? undefined : (entry: SendEntry): boolean => entry.to === wanted;
    return { last: this.sends.last, data: this.sends.after(since, limit, keep) };
  }

  summary(): Record<string, unknown> {
    const repeatedIds: Record<string, number> = {};
    let shown = 0;
    if (this.repeated > 0) {
      for (const [id, count] of this.acceptedPerCallback) {
        if (count > 1 && shown++ < 100) repeatedIds[id] = count;
      }
    }
    const { deliveries, accepted, failed, attempts, items, sends, sendsAccepted } = this.counts;
    return {
      deliveries: { total: deliveries, accepted, failed, pending: deliveries - accepted - failed, attempts },
      items,
      sends: { total: sends, accepted: sendsAccepted, refused: sends - sendsAccepted },
      callbackIds: this.acceptedPerCallback.size,
      callbackIdsSentMoreThanOnce: this.repeated,
      repeated: repeatedIds,
      kept: { deliveries: this.deliveries.size, sends: this.sends.size },
    };
  }

  /** Pending deliveries stay counted, because they will still be accepted, unless they were dropped too. */
  clear(pendingToo = false): void {
    let pending = 0;
    let items = 0;
    for (const entry of this.deliveries) {
      if (pendingToo || entry.state !== 'pending') continue;
      pending++;
      items += entry.items.length;
    }
    this.counts = {
      deliveries: pending,
      accepted: 0,
      failed: 0,
      attempts: 0,
      items,
      sends: 0,
      sendsAccepted: 0,
    };
    this.deliveries.clear();
    this.sends.clear();
    this.acceptedPerCallback.clear();
    this.repeated = 0;
  }

  private countAccepted(callbackId: string | undefined): void {
    this.counts.sendsAccepted++;
    if (callbackId === undefined) return;
    const count = (this.acceptedPerCallback.get(callbackId) ?? 0) + 1;
    this.acceptedPerCallback.set(callbackId, count);
    if (count === 2) this.repeated++;
  }

  private forgetSend(entry: SendEntry): void {
    if (entry.callbackId === undefined || !entry.outcome.startsWith('accepted')) return;
    const count = this.acceptedPerCallback.get(entry.callbackId) ?? 0;
    if (count > 1) this.acceptedPerCallback.set(entry.callbackId, count - 1);
    else this.acceptedPerCallback.delete(entry.callbackId);
    if (count === 2) this.repeated--;
  }
}
