import { z } from 'zod';

const ms = z.number().min(0).max(86_400_000);
const probability = z.number().min(0).max(1);
const statusName = z.enum(['sent', 'delivered', 'read']);
const failSchema = z.strictObject({
  code: z.number().int(),
  details: z.string().optional(),
  /** Let `sent` arrive first, then `failed`. */
  afterSent: z.boolean().optional(),
});

const statusesSchema = z.strictObject({
  /** Milliseconds after acceptance. */
  delays: z.strictObject({ sent: ms, delivered: ms, read: ms }),
  /** `read` comes by itself; otherwise only when the customer opens the chat. */
  autoRead: z.boolean(),
  /** The order on the wire: the earliest moment goes to the first name, and so on. */
  order: z.union([z.literal('shuffled'), z.array(statusName).min(1).max(3)]),
  /** Extra copies of every status. */
  duplicates: z.number().int().min(0).max(100),
  /** Chance that a status is never delivered. */
  loss: z.strictObject({ sent: probability, delivered: probability, read: probability }),
  /** Every message ends as `failed` with this code. */
  fail: failSchema.nullable(),
});

const webhookSchema = z.strictObject({
  concurrency: z.number().int().min(1).max(4096),
  timeoutMs: z.number().min(10).max(120_000),
  retry: z.strictObject({
    firstMs: ms,
    maxMs: ms,
    /** 0.2 = a wait is 20 % longer or shorter, at random. */
    jitter: z.number().min(0).max(1),
    maxAgeMs: z.number().min(0),
  }),
  batch: z.strictObject({
    /** Updates per delivery; 1 = no batching. */
    size: z.number().int().min(1).max(1000),
    windowMs: ms,
    /** One delivery may carry updates of several numbers and WABAs. */
    across: z.boolean(),
  }),
  style: z.enum(['plain', 'escaped', 'alternate']),
  signature: z.enum(['valid', 'wrong', 'missing']),
  /** Extra copies of every delivery. */
  duplicates: z.number().int().min(0).max(100),
  /** Deliveries waiting or retrying; above that new ones are given up at once. */
  maxPending: z.number().int().min(1),
});

const limitsSchema = z.strictObject({
  enforceThroughput: z.boolean(),
  messagesPerSecond: z.number().min(0.1),
  enforcePairRate: z.boolean(),
  pairEveryMs: z.number().min(1),
  pairBurst: z.number().min(1),
  enforceWindow: z.boolean(),
  enforceTemplates: z.boolean(),
  enforceMedia: z.boolean(),
  /** Meta's table says 400 for 130429 and 131056; partners report 429. */
  throttleStatus: z.union([z.literal(400), z.literal(429)]),
  /** These codes are accepted first and reported as a `failed` status. */
  asyncErrors: z.array(z.number().int()),
  /** A created template becomes APPROVED after this time; null = only by control. */
  templateApprovalMs: ms.nullable(),
  ledgerEntries: z.number().int().min(1).max(5_000_000),
  phoneMessages: z.number().int().min(10).max(1_000_000),
  mediaBytes: z.number().int().min(1),
});

export type Statuses = z.infer<typeof statusesSchema>;
export type WebhookSettings = z.infer<typeof webhookSchema>;
export type Limits = z.infer<typeof limitsSchema>;
export type StatusName = z.infer<typeof statusName>;
export type FailSetting = z.infer<typeof failSchema>;

export const statusesPatch = statusesSchema
  .extend({
    delays: statusesSchema.shape.delays.partial(),
    loss: statusesSchema.shape.loss.partial(),
  })
  .partial();
export const webhookPatch = webhookSchema
  .extend({
    retry: webhookSchema.shape.retry.partial(),
    batch: webhookSchema.shape.batch.partial(),
  })
  .partial();
export const limitsPatch = limitsSchema.partial();

export type StatusesPatch = z.infer<typeof statusesPatch>;
export type WebhookPatch = z.infer<typeof webhookPatch>;
export type LimitsPatch = z.infer<typeof limitsPatch>;
