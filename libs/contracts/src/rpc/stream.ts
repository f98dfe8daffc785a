import { z } from 'zod';
import { defineRpc } from '../contract';
import { conversationEvent } from '../event/conversation-changed';
import { uuid } from '../uuid';

/**
 * The tenant's stream after a position, for the ws pods (they filter by audience). `complete` is false where more
 * follow. `reset` says that the history does not reach back that far, or that the epoch is another one.
 */
export const streamRead = defineRpc(
  'waba.stream.read.v1',
  z.object({
    tenantId: uuid,
    epoch: z.string().nullable(),
    after: z.number().int().nonnegative(),
    upTo: z.number().int().nonnegative().optional(),
    limit: z.number().int().min(1).max(2_000).default(500),
  }),
  z.object({
    epoch: z.string(),
    head: z.number().int().nonnegative(),
    reset: z.boolean(),
    complete: z.boolean(),
    events: z.array(conversationEvent),
  }),
);

/** Where the streams of these tenants stand now. A tenant without a stream is at 0. */
export const streamHeads = defineRpc(
  'waba.stream.heads.v1',
  z.object({ tenantIds: z.array(uuid).max(10_000) }),
  z.object({
    heads: z.array(z.object({ tenantId: uuid, epoch: z.string(), head: z.number().int().nonnegative() })),
  }),
);
