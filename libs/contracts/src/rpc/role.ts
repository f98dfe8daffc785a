import { z } from 'zod';
import { PERMISSION_CATALOGUE, PERMISSIONS, roleRef, SCOPES, type Grants, type Permission } from '../access';
import { defineRpc } from '../contract';
import { line, nameOf } from '../views';
import { uuid } from '../uuid';

const roleName = nameOf(100);

/** Permissions that exist, each as far as it can reach; at least one. */
const grants = z
  .record(z.string(), z.enum(SCOPES))
  .superRefine((given, context) => {
    if (Object.keys(given).length === 0)
      context.addIssue({ code: 'custom', message: 'must hold at least one permission' });
    for (const [permission, scope] of Object.entries(given)) {
      const problem = problemOf(permission, scope);
      if (problem) context.addIssue({ code: 'custom', path: [permission], message: problem });
    }
  })
  .transform((given) => given as Grants);

function problemOf(permission: string, scope: (typeof SCOPES)[number]): string | undefined {
  if (!PERMISSIONS.includes(permission as Permission)) return 'there is no such permission';
  const scopes: readonly string[] = PERMISSION_CATALOGUE[permission as Permission].scopes;
  return scopes.includes(scope) ? undefined : `reaches ${scopes.join(' or ')}, not ${scope}`;
}

export const roleView = z.object({
  /** Of a role that every tenant has its name. */
  id: roleRef,
  name: z.string(),
  builtIn: z.boolean(),
  grants: z.record(z.string(), z.enum(SCOPES)),
  /** How many agents have it, also such as are deactivated. */
  agents: z.number().int(),
});
export type RoleView = z.infer<typeof roleView>;

/** More would be a list that nobody oversees. */
export const MOST_ROLES = 100;

/** The roles that every tenant has, then the tenant's own by their names; with `q` those whose name begins with it. */
export const roleList = defineRpc(
  'user.role.list.v1',
  z.object({ q: line(100).optional() }),
  z.object({ items: z.array(roleView) }),
);

/** Errors: forbidden (allows what the caller may not do); conflict (the name is taken, or there are too many). */
export const roleCreate = defineRpc('user.role.create.v1', z.object({ name: roleName, grants }), roleView);

/**
 * Changes what is given. The access tokens of all who have the role end where it allows something else from now on.
 *
 * Errors: not_found; conflict (the name is taken); forbidden (the caller's own role; it allows, or would allow, what
 * the caller may not do).
 */
export const roleUpdate = defineRpc(
  'user.role.update.v1',
  z.object({ roleId: uuid, name: roleName.optional(), grants: grants.optional() }),
  roleView,
);

/** Answers with the role as it was. Errors: not_found; conflict (somebody has it); forbidden (as for a change). */
export const roleDelete = defineRpc('user.role.delete.v1', z.object({ roleId: uuid }), roleView);
