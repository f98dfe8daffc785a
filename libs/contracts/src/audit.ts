import { z } from 'zod';
import { line, timestamp } from './views';
import { uuid } from './uuid';

const hash = z.string().regex(/^([0-9a-f]{64})?$/);
const change = z.record(z.string(), z.unknown()).nullable();

/** What somebody did. An entry holds the hash of the one before it; that of the first one is empty. */
export const auditEntryView = z.object({
  /** Without gaps, for each tenant and service. */
  seq: z.number().int(),
  at: timestamp,
  /** `operator`: whoever runs the system, by a command. `system`: it did so by itself. */
  actor: z.object({ kind: z.enum(['agent', 'api-key', 'operator', 'system']), id: uuid.nullable() }),
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
  action: z.string(),
  target: z.object({ kind: z.string(), id: z.string() }),
  before: change,
  after: change,
  traceId: z.string().nullable(),
  previousHash: hash,
  hash,
});
export type AuditEntryView = z.infer<typeof auditEntryView>;

/** Of one service's trail, the newest first; `before` is the `seq` after which it goes on. */
export const auditQuery = z.object({
  before: z.number().int().positive().optional(),
  limit: z.number().int().min(1).max(500).default(30),
  actorId: uuid.optional(),
  action: line(100).optional(),
  targetId: line(100).optional(),
  from: timestamp.optional(),
  to: timestamp.optional(),
});
export type AuditQuery = z.output<typeof auditQuery>;

export const auditPageView = z.object({ items: z.array(auditEntryView) });
