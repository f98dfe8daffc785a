import { z } from 'zod';
import { defineEvent } from '../contract';
import { agentPresence } from '../views';
import { uuid } from '../uuid';

/** Agents of one tenant came, went, or said something else of themselves. A hint: the list of agents has it, too. */
export const presenceChanged = defineEvent(
  'user.presence.changed.v1',
  z.object({ tenantId: uuid, agents: z.array(agentPresence).min(1) }),
);
