import { Injectable } from '@nestjs/common';
import type {
  Limits,
  LimitsPatch,
  Statuses,
  StatusesPatch,
  WebhookPatch,
  WebhookSettings,
} from './settings.schema';

export const DEFAULT_STATUSES: Statuses = {
  delays: { sent: 20, delivered: 60, read: 150 },
  autoRead: false,
  order: ['sent', 'delivered', 'read'],
  duplicates: 0,
  loss: { sent: 0, delivered: 0, read: 0 },
  fail: null,
};

export const DEFAULT_WEBHOOK: WebhookSettings = {
  concurrency: 64,
  timeoutMs: 10_000,
  retry: { firstMs: 500, maxMs: 10_000, jitter: 0.2, maxAgeMs: 7 * 86_400_000 },
  batch: { size: 1, windowMs: 0, across: true },
  style: 'plain',
  signature: 'valid',
  duplicates: 0,
  maxPending: 500_000,
};

export const DEFAULT_LIMITS: Limits = {
  enforceThroughput: true,
  messagesPerSecond: 80,
  enforcePairRate: true,
  pairEveryMs: 6_000,
  pairBurst: 45,
  enforceWindow: true,
  enforceTemplates: true,
  enforceMedia: true,
  throttleStatus: 400,
  asyncErrors: [],
  templateApprovalMs: 1_000,
  ledgerEntries: 200_000,
  phoneMessages: 50_000,
  mediaBytes: 256 * 1024 * 1024,
};

export function mergeStatuses(base: Statuses, patch: StatusesPatch | undefined): Statuses {
  if (!patch) return base;
  return {
    ...base,
    ...patch,
    delays: { ...base.delays, ...patch.delays },
    loss: { ...base.loss, ...patch.loss },
  };
}

/** Everything that control can turn, apart from the accounts themselves. */
@Injectable()
export class Settings {
  webhookUrl = '';
  appSecret = '';
  verifyToken = '';
  statuses = DEFAULT_STATUSES;
  webhook = DEFAULT_WEBHOOK;
  limits = DEFAULT_LIMITS;

  patch(patch: { statuses?: StatusesPatch; webhook?: WebhookPatch; limits?: LimitsPatch }): void {
    this.statuses = mergeStatuses(this.statuses, patch.statuses);
    this.webhook = {
      ...this.webhook,
      ...patch.webhook,
      retry: { ...this.webhook.retry, ...patch.webhook?.retry },
      batch: { ...this.webhook.batch, ...patch.webhook?.batch },
    };
    this.limits = { ...this.limits, ...patch.limits };
  }

  reset(): void {
    this.webhookUrl = '';
    this.appSecret = '';
    this.verifyToken = '';
    this.statuses = DEFAULT_STATUSES;
    this.webhook = DEFAULT_WEBHOOK;
    this.limits = DEFAULT_LIMITS;
  }
}
