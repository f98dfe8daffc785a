import { z } from 'zod';
import { ROLES } from '../access';
import { defineRpc } from '../contract';
import { pageOf, pageQuery } from '../views';

const person = z.object({
  id: z.uuid(),
  name: z.string(),
  email: z.string(),
  role: z.enum(ROLES),
  teams: z.array(z.object({ id: z.uuid(), name: z.string(), leader: z.boolean() })),
});

export const agentView = person.extend({ tenant: z.object({ id: z.uuid(), name: z.string() }) });
export type AgentView = z.infer<typeof agentView>;

export const AGENT_STATUSES = ['active', 'deactivated'] as const;
export type AgentStatus = (typeof AGENT_STATUSES)[number];

export const colleagueView = person.extend({ status: z.enum(AGENT_STATUSES) });
export type ColleagueView = z.infer<typeof colleagueView>;

/** The caller, by their token. Errors: unauthenticated. */
export const agentMe = defineRpc('user.agent.me.v1', z.object({}), agentView);

/** The agents of the tenant, in the order in which they were created. Errors: invalid_cursor. */
export const agentList = defineRpc(
  'user.agent.list.v1',
  pageQuery.extend({ status: z.enum(AGENT_STATUSES).optional(), role: z.enum(ROLES).optional() }),
  pageOf(colleagueView),
);

/**
 * Changes what is given. Another role or status ends the agent's access tokens: with the next one the new rights hold.
 * Whoever is deactivated is signed out everywhere.
 *
 * Errors: not_found; forbidden (one's own role or status); conflict (the last active admin).
 */
export const agentUpdate = defineRpc(
  'user.agent.update.v1',
  z.object({
    agentId: z.uuid(),
    name: z.string().min(1).max(200).optional(),
    role: z.enum(ROLES).optional(),
    status: z.enum(AGENT_STATUSES).optional(),
  }),
  colleagueView,
);
