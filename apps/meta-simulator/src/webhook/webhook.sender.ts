import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Pool } from 'undici';
import { type DeliveryEntry, LedgerStore, preciseNow } from '../ledger/ledger.store';
import { Settings } from '../settings/settings';
import { Fifo } from './fifo';
import { sign, type Update } from './webhook.body';

export type SignatureMode = 'valid' | 'wrong' | 'missing';

export interface Job {
  entry: DeliveryEntry;
  body: Buffer;
  updates: readonly Update[];
  /** When set, stands above the settings. */
  signature?: SignatureMode;
  secret?: string;
  onSettled?: (entry: DeliveryEntry) => void;
}

/** The wait before attempt number `attempt` + 1. */
export function retryDelay(
  attempt: number,
  retry: { firstMs: number; maxMs: number; jitter: number },
  random: () => number = Math.random,
): number {
  const base = Math.min(retry.maxMs, retry.firstMs * 2 ** Math.min(attempt - 1, 30));
  return Math.max(0, base * (1 + (random() * 2 - 1) * retry.jitter));
}

/**
 * Posts deliveries until each has its 200. At most `concurrency` posts are under way; one that failed waits
 * outside of that bound, so a broken delivery never blocks another.
 */
@Injectable()
export class WebhookSender implements OnModuleDestroy {
  private readonly queue = new Fifo<Job>();
  private readonly retries = new Map<Job, NodeJS.Timeout>();
  private readonly pools = new Map<string, { pool: Pool; connections: number }>();
  private active = 0;
  /** Bumped by reset: what was under way before belongs to nobody. */
  private generation = 0;
  private closed = false;

  constructor(
    private readonly settings: Settings,
    private readonly ledger: LedgerStore,
  ) {}

  get pending(): number {
    return this.queue.size + this.retries.size + this.active;
  }

  submit(job: Job): void {
    if (this.closed || !job.entry.url || this.pending >= this.settings.webhook.maxPending) {
      this.settle(job, false);
      return;
    }
    this.queue.push(job);
    this.pump();
  }

  reset(): void {
    this.generation++;
    this.queue.clear();
    for (const timer of this.retries.values()) clearTimeout(timer);
    this.retries.clear();
  }

  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    this.reset();
    await Promise.all([...this.pools.values()].map(({ pool }) => pool.destroy()));
  }

  private pump(): void {
    while (this.active < this.settings.webhook.concurrency) {
      const job = this.queue.shift();
      if (!job) return;
      this.active++;
      void this.attempt(job, this.generation);
    }
  }

  private async attempt(job: Job, generation: number): Promise<void> {
    const at = preciseNow();
    let status = 0;
    let error: string | undefined;
    try {
      status = await this.post(job);
    } catch (cause) {
      error =
        cause instanceof Error
          ? `${(cause as NodeJS.ErrnoException).code ?? cause.name}: ${cause.message}`
          : String(cause);
    }
    this.active--;
    if (generation === this.generation) {
      this.ledger.attempt(job.entry, { at, status, ms: preciseNow() - at, ...(error ? { error } : {}) });
      if (status === 200) this.settle(job, true);
      else this.retryLater(job);
    }
    this.pump();
  }

  private async post(job: Job): Promise<number> {
    const { timeoutMs } = this.settings.webhook;
    const url = new URL(job.entry.url);
    const response = await this.pool(url.origin).request({
      method: 'POST',
      path: url.pathname + url.search,
      // Signed for every attempt, so that a changed secret or mode heals what is being retried.
      headers: this.headers(job),
      body: job.body,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    await response.body.dump();
    return response.statusCode;
  }

  private headers(job: Job): Record<string, string> {
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'user-agent': 'facebookexternalua',
    };
    const mode = job.signature ?? this.settings.webhook.signature;
    const secret = job.secret ?? this.settings.appSecret;
    if (mode === 'valid') headers['x-hub-signature-256'] = sign(secret, job.body);
    if (mode === 'wrong') headers['x-hub-signature-256'] = sign(`not-${secret}`, job.body);
    return headers;
  }

  private retryLater(job: Job): void {
    const { retry } = this.settings.webhook;
    const wait = retryDelay(job.entry.attemptCount, retry);
    if (preciseNow() + wait - job.entry.createdAt > retry.maxAgeMs) {
      this.settle(job, false);
      return;
    }
    const timer = setTimeout(() => {
      this.retries.delete(job);
      this.queue.push(job);
      this.pump();
    }, wait);
    this.retries.set(job, timer);
  }

  private settle(job: Job, accepted: boolean): void {
    if (accepted) {
      this.ledger.accepted(job.entry);
      for (const update of job.updates) update.onAccepted?.();
    } else {
      this.ledger.failed(job.entry);
    }
    job.onSettled?.(job.entry);
  }

  private pool(origin: string): Pool {
    const connections = this.settings.webhook.concurrency;
    let known = this.pools.get(origin);
    if (known && known.connections !== connections) {
      void known.pool.close();
      known = undefined;
    }
    if (!known) {
      const pool = new Pool(origin, { connections, pipelining: 1, keepAliveTimeout: 30_000 });
      known = { pool, connections };
      this.pools.set(origin, known);
    }
    return known.pool;
  }
}
