import { z } from 'zod';
import { defineRpc } from '../contract';
import { AGENT_STATUSES } from './agent';
import { uuid } from '../uuid';

/**
 * Whom a conversation may be handed to, for `waba`: the agent (null where the tenant has none of this id) with the
 * version of what they may do, and whether the tenant has the team. What is not asked for is null and false.
 */
export const assignmentTargetGet = defineRpc(
  'user.assignment-target.get.v1',
  z.object({ tenantId: uuid, agentId: uuid.optional(), teamId: uuid.optional() }),
  z.object({
    agent: z.object({ status: z.enum(AGENT_STATUSES), version: z.number().int() }).nullable(),
    team: z.boolean(),
  }),
);
