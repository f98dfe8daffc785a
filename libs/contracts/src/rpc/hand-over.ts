import { z } from 'zod';
import { defineRpc } from '../contract';
import { timestamp } from '../views';
import { uuid } from '../uuid';

/**
 * The agent is out: from when this answers nobody can hand a conversation to them on the strength of an older version
 * than this, and all that are theirs go to another agent, to a team's pool, or (neither) back to the pool of the team
 * that each belongs to. May be repeated; a newer version replaces it.
 */
export const handOverBegin = defineRpc(
  'waba.hand-over.begin.v1',
  z.object({
    tenantId: uuid,
    agentId: uuid,
    version: z.number().int(),
    toAgent: z.object({ id: uuid, version: z.number().int() }).nullable(),
    toTeamId: uuid.nullable(),
  }),
  z.object({}),
);

/** What is assigned to an agent, open or not, and how far their last hand-over is (null where there was none). */
export const handOverGet = defineRpc(
  'waba.hand-over.get.v1',
  z.object({ tenantId: uuid, agentId: uuid }),
  z.object({
    open: z.number().int().nonnegative(),
    assigned: z.number().int().nonnegative(),
    version: z.number().int().nullable(),
    doneAt: timestamp.nullable(),
  }),
);
