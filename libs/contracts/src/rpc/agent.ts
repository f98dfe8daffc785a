import { z } from 'zod';
import { ROLES } from '../access';
import { defineRpc } from '../contract';

export const agentView = z.object({
  id: z.uuid(),
  name: z.string(),
  email: z.string(),
  role: z.enum(ROLES),
  tenant: z.object({ id: z.uuid(), name: z.string() }),
  teams: z.array(z.object({ id: z.uuid(), name: z.string(), leader: z.boolean() })),
});
export type AgentView = z.infer<typeof agentView>;

/** The caller, by their token. Errors: unauthenticated. */
export const agentMe = defineRpc('user.agent.me.v1', z.object({}), agentView);
