import { z } from 'zod';

/** How far a permission reaches: what is mine, what is my teams', everything of the tenant. */
export const SCOPES = ['own', 'team', 'all'] as const;
export type Scope = (typeof SCOPES)[number];

export const ROLES = ['admin', 'leader', 'agent'] as const;
export type Role = (typeof ROLES)[number];

export const PERMISSIONS = [
  'agent.read',
  'agent.invite',
  'agent.update',
  'conversation.read',
  'conversation.assign',
  'message.send',
  'sender.read',
  'team.manage',
  'team.read',
  'template.read',
  'tenant.manage',
  'webhook-delivery.read',
  'webhook-delivery.replay',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** What each role may do, and how far. A permission that is absent is refused. */
export const ROLE_GRANTS: Record<Role, Partial<Record<Permission, Scope>>> = {
  admin: Object.fromEntries(PERMISSIONS.map((p) => [p, 'all'])) as Record<Permission, Scope>,
  leader: {
    'agent.read': 'all',
    'conversation.read': 'team',
    'conversation.assign': 'team',
    'message.send': 'team',
    'sender.read': 'all',
    'team.read': 'all',
    'template.read': 'all',
  },
  agent: {
    'agent.read': 'all',
    'conversation.read': 'own',
    'message.send': 'own',
    'sender.read': 'all',
    'team.read': 'all',
    'template.read': 'all',
  },
};

/** Who is calling, as the access token says it. */
export const principalSchema = z.object({
  agentId: z.uuid(),
  tenantId: z.uuid(),
  role: z.enum(ROLES),
  teamIds: z.array(z.uuid()),
  sessionId: z.uuid(),
  /** Of what the agent, and their tenant, may do: each change of it is a new version, and ends older tokens. */
  agentVersion: z.number().int().default(0),
  tenantVersion: z.number().int().default(0),
  /** When the access token ends, unix seconds. */
  expiresAt: z.number().int(),
});
export type Principal = z.infer<typeof principalSchema>;

export function scopeOf(principal: Principal, permission: Permission): Scope | null {
  return ROLE_GRANTS[principal.role][permission] ?? null;
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
