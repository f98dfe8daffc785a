import { z } from 'zod';
import { roleRef } from '../access';
import { defineRpc } from '../contract';
import {
  capacity,
  language,
  languageList,
  skillLevel,
  skillList,
  skillName,
  timeZone,
  workingHours,
  workingHoursView,
} from '../profile';
import { emailAddress, line, nameOf, pageOf, pageQuery, PRESENCES, sortBy, timestamp } from '../views';
import { uuid } from '../uuid';

export const agentName = nameOf(200);

const person = z.object({
  id: uuid,
  name: z.string(),
  email: z.string(),
  role: roleRef,
  teams: z.array(z.object({ id: uuid, name: z.string(), leader: z.boolean() })),
  // Optional, because a user service from before agents had profiles does not say them.
  skills: z.array(z.object({ name: z.string(), level: z.number().int() })).optional(),
  languages: z.array(z.string()).optional(),
  capacity: z.number().int().optional(),
  /** Null: as the tenant. */
  workingHours: workingHoursView.nullable().optional(),
  timeZone: z.string().nullable().optional(),
});

export const agentView = person.extend({ tenant: z.object({ id: uuid, name: z.string() }) });
export type AgentView = z.infer<typeof agentView>;

/** `invited`: has not chosen a password yet. */
export const AGENT_STATUSES = ['invited', 'active', 'deactivated'] as const;
export type AgentStatus = (typeof AGENT_STATUSES)[number];

export const colleagueView = person.extend({
  status: z.enum(AGENT_STATUSES),
  /** Optional for answers of the version before. */
  presence: z.enum(PRESENCES).optional(),
});
export type ColleagueView = z.infer<typeof colleagueView>;

/** The caller, by their token. Errors: unauthenticated. */
export const agentMe = defineRpc('user.agent.me.v1', z.object({}), agentView);

export const agentSort = sortBy('createdAt', 'name', 'email');

/**
 * The agents of the tenant, in the order in which they were created or by `sort`; with `q` those with it in their name
 * or email, upper or lower case. Errors: invalid_cursor.
 */
export const agentList = defineRpc(
  'user.agent.list.v1',
  pageQuery.extend({
    status: z.enum(AGENT_STATUSES).optional(),
    role: roleRef.optional(),
    sort: agentSort.optional(),
    q: line(100).optional(),
    teamId: uuid.optional(),
    skill: skillName.optional(),
    /** Of the skill. */
    minLevel: skillLevel.optional(),
    language: language.optional(),
  }),
  pageOf(colleagueView),
);

/** Who takes over what an agent leaves behind; the pool is that of the team that each conversation belongs to. */
export const handOverTarget = z.discriminatedUnion('to', [
  z.strictObject({ to: z.literal('agent'), agentId: uuid }),
  z.strictObject({ to: z.literal('team'), teamId: uuid }),
  z.strictObject({ to: z.literal('pool') }),
]);
export type HandOverTarget = z.infer<typeof handOverTarget>;

/**
 * Changes what is given. Another role or status ends the agent's access tokens: with the next one the new rights hold.
 * Whoever is deactivated is signed out everywhere, and their conversations are handed over.
 *
 * Errors: not_found (also for the role, and whom it is handed over to); hand_over_required (the agent has open
 * conversations); conflict (the last active admin; who takes over is not active; comes back while their conversations
 * are being handed over); forbidden (one's own role or status, a role that allows what the caller may not do, somebody
 * who may do more than the caller).
 */
export const agentUpdate = defineRpc(
  'user.agent.update.v1',
  z.object({
    agentId: uuid,
    name: agentName.optional(),
    role: roleRef.optional(),
    status: z.enum(['active', 'deactivated']).optional(),
    /** Only where the status becomes (or is) `deactivated`. Needed where the agent has open conversations. */
    handOver: handOverTarget.optional(),
    /** In place of those from before. */
    skills: skillList.optional(),
    languages: languageList.optional(),
    capacity: capacity.optional(),
    workingHours: workingHours.nullable().optional(),
    timeZone: timeZone.nullable().optional(),
  }),
  colleagueView,
);

export const agentHandOverView = z.object({
  handOver: handOverTarget,
  startedAt: timestamp,
  /** What is still assigned to the agent, open or not. */
  remaining: z.number().int().nonnegative(),
  doneAt: timestamp.nullable(),
});
export type AgentHandOverView = z.infer<typeof agentHandOverView>;

/** How far the last hand-over of an agent's conversations is. Errors: not_found (also where there was none). */
export const agentHandOverGet = defineRpc(
  'user.agent-hand-over.get.v1',
  z.object({ agentId: uuid }),
  agentHandOverView,
);

/** Good for one use: whoever has it chooses the password. Shown once, and kept as long as it waits to be mailed. */
export const invitationToken = z.object({
  token: z.string(),
  expiresAt: timestamp,
  /** A mail with the link is on its way. Not there before the system sent mail. */
  mailed: z.boolean().optional(),
});
export type InvitationToken = z.infer<typeof invitationToken>;

/**
 * Makes an agent, who is `invited` until they choose their password. Errors: conflict (the email is taken); not_found
 * (the role); forbidden (a role that allows what the caller may not do).
 */
export const agentCreate = defineRpc(
  'user.agent.create.v1',
  z.object({ name: agentName, email: emailAddress, role: roleRef }),
  invitationToken.extend({ agentId: uuid }),
);

/**
 * A new link in place of the one before. Errors: not_found; conflict (has come already, or is out); forbidden (somebody
 * who may do more than the caller).
 */
export const agentInvite = defineRpc('user.agent.invite.v1', z.object({ agentId: uuid }), invitationToken);
