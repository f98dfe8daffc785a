import { z } from 'zod';
import { uuid } from './uuid';

/** How far a permission reaches: what is mine, what is my teams', everything of the tenant. */
export const SCOPES = ['own', 'team', 'all'] as const;
export type Scope = (typeof SCOPES)[number];

/** The roles that every tenant has. Its own ones are named by their id. */
export const ROLES = ['admin', 'leader', 'agent', 'auditor'] as const;
export type BuiltInRole = (typeof ROLES)[number];

/** A role of every tenant by its name, or one of the tenant's own by its id. */
export const roleRef = z.union([z.enum(ROLES), uuid]);
export type Role = z.infer<typeof roleRef>;

interface PermissionInfo {
  /** What it allows, for whoever puts a role together. */
  title: string;
  /** How far it can reach, the narrowest first. */
  scopes: readonly Scope[];
}

const ALL = ['all'] as const;

/** Every permission there is. A handler names the one it asks for, and the service that owns the data checks it. */
export const PERMISSION_CATALOGUE = {
  'agent.invite': { title: 'Invite agents', scopes: ALL },
  'agent.read': { title: 'See who the agents are', scopes: ALL },
  'agent.update': { title: 'Change agents, their roles, and whether they may sign in', scopes: ALL },
  'api-key.manage': { title: 'Make and revoke API keys', scopes: ALL },
  'api-key.read': { title: 'See the API keys, but for what is secret', scopes: ALL },
  'audit.read': { title: 'Read and export the audit trail', scopes: ALL },
  'conversation.assign': { title: 'Hand conversations to agents and teams', scopes: ['team', 'all'] },
  'conversation.read': { title: 'Read conversations and their messages', scopes: SCOPES },
  'message.send': { title: 'Write to customers', scopes: SCOPES },
  'role.manage': { title: 'Make, change and delete roles', scopes: ALL },
  'role.read': { title: 'See the roles and what they allow', scopes: ALL },
  'security.manage': { title: 'Say who needs a second factor', scopes: ALL },
  'sender.read': { title: 'See the numbers of the business', scopes: ALL },
  'sso.manage': { title: 'Set up single sign-on', scopes: ALL },
  'team.manage': { title: 'Make, change and delete teams, and say who is in them', scopes: ALL },
  'team.read': { title: 'See the teams and who is in them', scopes: ALL },
  'template.read': { title: 'See the message templates', scopes: ALL },
  'tenant.manage': { title: 'Change the settings of the business', scopes: ALL },
  'webhook-delivery.read': { title: 'See deliveries that could not be worked on', scopes: ALL },
  'webhook-delivery.replay': { title: 'Have such deliveries worked on again', scopes: ALL },
} as const satisfies Record<string, PermissionInfo>;
export type Permission = keyof typeof PERMISSION_CATALOGUE;
export const PERMISSIONS = Object.keys(PERMISSION_CATALOGUE) as Permission[];

/** What somebody may do, and how far. A permission that is absent is refused. */
export type Grants = Partial<Record<Permission, Scope>>;

const everything = (wanted: (permission: Permission) => boolean = () => true): Grants =>
  Object.fromEntries(PERMISSIONS.filter(wanted).map((permission) => [permission, 'all']));

export const ROLE_GRANTS: Record<BuiltInRole, Grants> = {
  admin: everything(),
  leader: {
    'agent.read': 'all',
    'conversation.read': 'team',
    'conversation.assign': 'team',
    'message.send': 'team',
    'role.read': 'all',
    'sender.read': 'all',
    'team.read': 'all',
    'template.read': 'all',
  },
  agent: {
    'agent.read': 'all',
    'conversation.read': 'own',
    'message.send': 'own',
    'role.read': 'all',
    'sender.read': 'all',
    'team.read': 'all',
    'template.read': 'all',
  },
  auditor: everything((permission) => permission.endsWith('.read')),
};

/** Who is calling, as the access token says it. */
export const principalSchema = z.object({
  /** A machine with an API key has the key's id where people have that of their agent, session and role. */
  kind: z.enum(['agent', 'api-key']).default('agent'),
  agentId: uuid,
  tenantId: uuid,
  role: roleRef,
  /** What a role of the tenant's own allows. A newer service may know permissions that this one does not. */
  grants: z.record(z.string(), z.enum(SCOPES)).optional(),
  teamIds: z.array(uuid),
  sessionId: uuid,
  /** Of what the agent, and their tenant, may do: each change of it is a new version, and ends older tokens. */
  agentVersion: z.number().int().default(0),
  tenantVersion: z.number().int().default(0),
  /** When the access token ends, unix seconds. */
  expiresAt: z.number().int(),
});
export type Principal = Omit<z.infer<typeof principalSchema>, 'kind'> & { kind?: 'agent' | 'api-key' };

export const isBuiltIn = (role: Role): role is BuiltInRole => Object.hasOwn(ROLE_GRANTS, role);

/** What they may do: of a role that every tenant has by its name, of any other by what the token says. */
export function grantsOf({ role, grants = {} }: Pick<Principal, 'role' | 'grants'>): Grants {
  return isBuiltIn(role) ? ROLE_GRANTS[role] : (grants as Grants);
}

export function scopeOf(principal: Principal, permission: Permission): Scope | null {
  return grantsOf(principal)[permission] ?? null;
}

/**
 * Reads what customers write, and answers nobody: an auditor, or somebody in a role like theirs. What they look at is
 * in the audit trail.
 */
export function isOverseer(principal: Principal): boolean {
  return scopeOf(principal, 'conversation.read') !== null && scopeOf(principal, 'message.send') === null;
}

/** Whether `most` holds all of `grants`, and each at least as far. */
export function isWithin(grants: Grants, most: Grants): boolean {
  return Object.entries(grants).every(([permission, scope]) => {
    const limit = most[permission as Permission];
    return limit !== undefined && SCOPES.indexOf(scope) <= SCOPES.indexOf(limit);
  });
}

/** Who may see a conversation: its team, and the agent that it is assigned to. Both may be absent. */
export interface Audience {
  teamId: string | null;
  assigneeId: string | null;
}

/**
 * The one rule of sight. `own` is what is assigned to me, and what waits unassigned in a team of mine, so that
 * someone picks it up. The inbox list (SQL), the socket and the history all follow this rule.
 */
export function canSee(principal: Principal, scope: Scope, audience: Audience): boolean {
  if (scope === 'all') return true;
  if (audience.assigneeId === principal.agentId) return true;
  const inTeam = audience.teamId !== null && principal.teamIds.includes(audience.teamId);
  return scope === 'team' ? inTeam : inTeam && audience.assigneeId === null;
}
