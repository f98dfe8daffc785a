import { z } from 'zod';
import { roleRef } from '../access';
import { defineRpc } from '../contract';
import { line, nameOf, pageOf, pageQuery, sortBy } from '../views';
import { AGENT_STATUSES } from './agent';
import { uuid } from '../uuid';

const teamName = nameOf(100);

export const teamView = z.object({ id: uuid, name: z.string(), members: z.number().int() });
export type TeamView = z.infer<typeof teamView>;

/** An agent as a member of a team. */
export const teamMemberView = z.object({
  id: uuid,
  name: z.string(),
  email: z.string(),
  role: roleRef,
  status: z.enum(AGENT_STATUSES),
  leader: z.boolean(),
});
export type TeamMemberView = z.infer<typeof teamMemberView>;

export const teamSort = sortBy('createdAt', 'name');

/**
 * The teams of the tenant, in the order in which they were created or by `sort`; with `q` those whose name begins with
 * it, upper or lower case. Errors: invalid_cursor.
 */
export const teamList = defineRpc(
  'user.team.list.v1',
  pageQuery.extend({ q: line(100).optional(), sort: teamSort.optional() }),
  pageOf(teamView),
);

/** Errors: conflict (the tenant has a team of this name). */
export const teamCreate = defineRpc('user.team.create.v1', z.object({ name: teamName }), teamView);

/** Errors: not_found; conflict (another team has this name). */
export const teamUpdate = defineRpc(
  'user.team.update.v1',
  z.object({ teamId: uuid, name: teamName }),
  teamView,
);

/**
 * Answers with the team as it was. The access tokens of all its members end. Its conversations are in another database
 * and stay: unassigned ones are seen by admins only until they are handed to another team. The same goes for new ones
 * of a number whose default team it was.
 *
 * Errors: not_found.
 */
export const teamDelete = defineRpc('user.team.delete.v1', z.object({ teamId: uuid }), teamView);

export const teamMemberSort = sortBy('createdAt', 'name', 'email');

/**
 * In the order in which the agents were created or by `sort`, also deactivated ones; with `q` those with it in their
 * name or email. Errors: not_found; invalid_cursor.
 */
export const teamMemberList = defineRpc(
  'user.team-member.list.v1',
  pageQuery.extend({
    teamId: uuid,
    sort: teamMemberSort.optional(),
    q: line(100).optional(),
    role: roleRef.optional(),
    status: z.enum(AGENT_STATUSES).optional(),
    leader: z.boolean().optional(),
  }),
  pageOf(teamMemberView),
);

/**
 * The agent is in the team from now on, as its leader or not. Who comes into it gets new access tokens: those from
 * before end. Whether somebody leads is not in them. May be repeated. Errors: not_found; forbidden (oneself, unless
 * the caller sees all conversations anyway).
 */
export const teamMemberPut = defineRpc(
  'user.team-member.put.v1',
  z.object({ teamId: uuid, agentId: uuid, leader: z.boolean() }),
  teamMemberView,
);

/** Answers with the member as they were. Their access tokens end. Errors: not_found (also for who is no member). */
export const teamMemberRemove = defineRpc(
  'user.team-member.remove.v1',
  z.object({ teamId: uuid, agentId: uuid }),
  teamMemberView,
);
