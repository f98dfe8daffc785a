import { z } from 'zod';
import { ROLES } from '../access';
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
import { emailAddress, line, nameOf, pageOf, pageQuery, sortBy, timestamp } from '../views';

export const agentName = nameOf(200);

const person = z.object({
  id: z.uuid(),
  name: z.string(),
  email: z.string(),
  role: z.enum(ROLES),
  teams: z.array(z.object({ id: z.uuid(), name: z.string(), leader: z.boolean() })),
  // Optional, because a user service from before agents had profiles does not say them.
  skills: z.array(z.object({ name: z.string(), level: z.number().int() })).optional(),
  languages: z.array(z.string()).optional(),
  capacity: z.number().int().optional(),
  /** Null: as the tenant. */
  workingHours: workingHoursView.nullable().optional(),
  timeZone: z.string().nullable().optional(),
});

export const agentView = person.extend({ tenant: z.object({ id: z.uuid(), name: z.string() }) });
export type AgentView = z.infer<typeof agentView>;

/** `invited`: has not chosen a password yet. */
export const AGENT_STATUSES = ['invited', 'active', 'deactivated'] as const;
export type AgentStatus = (typeof AGENT_STATUSES)[number];

export const colleagueView = person.extend({ status: z.enum(AGENT_STATUSES) });
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
    role: z.enum(ROLES).optional(),
    sort: agentSort.optional(),
    q: line(100).optional(),
    teamId: z.uuid().optional(),
    skill: skillName.optional(),
    /** Of the skill. */
    minLevel: skillLevel.optional(),
    language: language.optional(),
  }),
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
    name: agentName.optional(),
    role: z.enum(ROLES).optional(),
    status: z.enum(['active', 'deactivated']).optional(),
    /** In place of those from before. */
    skills: skillList.optional(),
    languages: languageList.optional(),
    capacity: capacity.optional(),
    workingHours: workingHours.nullable().optional(),
    timeZone: timeZone.nullable().optional(),
  }),
  colleagueView,
);

/** Good for one use: whoever has it chooses the password. Shown once, and kept nowhere. */
export const invitationToken = z.object({ token: z.string(), expiresAt: timestamp });
export type InvitationToken = z.infer<typeof invitationToken>;

/** Makes an agent, who is `invited` until they choose their password. Errors: conflict (the email is taken). */
export const agentCreate = defineRpc(
  'user.agent.create.v1',
  z.object({ name: agentName, email: emailAddress, role: z.enum(ROLES) }),
  invitationToken.extend({ agentId: z.uuid() }),
);

/** A new link in place of the one before. Errors: not_found; conflict (has come already, or is out). */
export const agentInvite = defineRpc(
  'user.agent.invite.v1',
  z.object({ agentId: z.uuid() }),
  invitationToken,
);
