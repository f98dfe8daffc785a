import { z } from 'zod';
import { defineRpc } from '../contract';
import { PRESENCES } from '../views';
import { uuid } from '../uuid';

/** More than a pod can hold. */
const MOST_AGENTS = 50_000;

/** What the caller chose, and what others see: `offline` while they have no socket. */
export const ownPresenceView = z.object({ status: z.enum(PRESENCES), presence: z.enum(PRESENCES) });
export type OwnPresenceView = z.infer<typeof ownPresenceView>;

export const presenceGet = defineRpc('user.presence.get.v1', z.object({}), ownPresenceView);

/** It stays chosen until they choose another one, also when they come back. */
export const presenceSet = defineRpc(
  'user.presence.set.v1',
  z.object({ status: z.enum(PRESENCES) }),
  ownPresenceView,
);

/**
 * All agents who have a socket on this ws pod, by their tenants: what it says again and again is its lease, and they are
 * gone some time after it was last heard. `seq` grows with each report of the pod; an older one that comes late says
 * nothing.
 */
export const presenceReport = defineRpc(
  'user.presence.report.v1',
  z.object({
    pod: z.string().min(1).max(200),
    seq: z.number().int().positive(),
    tenants: z.array(z.object({ tenantId: uuid, agentIds: z.array(uuid).max(MOST_AGENTS) })).max(MOST_AGENTS),
  }),
  z.object({}),
);
