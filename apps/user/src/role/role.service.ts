import { Injectable } from '@nestjs/common';
import {
  isWithin,
  MOST_ROLES,
  ROLE_GRANTS,
  ROLES,
  type Grants,
  type Principal,
  type Revocation,
  type RoleView,
} from '@scrm/contracts';
import { actorOf, difference, recordAudit, violatedConstraint } from '@scrm/database';
import { AppError } from '@scrm/platform';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { endTokensOf } from '../access/access.repository';
import { AccessService } from '../access/access.service';
import { mustHold, noSuchRole, TOO_MUCH } from './rights';
import { forgetRole, lockHolders, lockRole, RoleRepository, type OwnRole } from './role.repository';

@Injectable()
export class RoleService {
  constructor(
    private readonly roles: RoleRepository,
    private readonly access: AccessService,
  ) {}

  async list({ tenantId }: Principal, q?: string): Promise<{ items: RoleView[] }> {
    const { own, agents } = await this.roles.list(tenantId, q);
    const builtIn = ROLES.filter((name) => name.startsWith(q?.toLowerCase() ?? '')).map((name) => ({
      ...{ id: name, name, builtIn: true },
      grants: ROLE_GRANTS[name] as RoleView['grants'],
      agents: agents.get(name) ?? 0,
    }));
    return { items: [...builtIn, ...own.map(toView)] };
  }

  async create(principal: Principal, { name, grants }: { name: string; grants: Grants }): Promise<RoleView> {
    mustHold(principal, grants, TOO_MUCH);
    const { tenantId } = principal;
    const id = uuidv7();
    await named(
      this.roles.inTenant(tenantId, async (manager) => {
        const [inserted] = await manager.query<unknown[]>(
          `INSERT INTO role (id, tenant_id, name, grants)
           SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM role) < ${MOST_ROLES} RETURNING 1`,
          [id, tenantId, name, grants],
        );
        if (!inserted)
          throw new AppError(
            'conflict',
            `There are ${MOST_ROLES} roles already: delete one that nobody has.`,
          );
        await recordRole(manager, principal, 'role.created', { id, after: { name, grants } });
      }),
    );
    return toView({ id, name, grants, agents: 0 });
  }

  async update(
    principal: Principal,
    { roleId, ...change }: { roleId: string; name?: string; grants?: Grants },
  ): Promise<RoleView> {
    const work = this.roles.inTenant(principal.tenantId, async (manager) => {
      const before = checked(principal, await lockRole(manager, roleId));
      const after = { ...before, ...change };
      mustHold(principal, after.grants, TOO_MUCH);
      await manager.query('UPDATE role SET name = $2, grants = $3 WHERE id = $1', [
        roleId,
        after.name,
        after.grants,
      ]);
      const ended: Revocation[] = isSame(before.grants, after.grants)
        ? []
        : await endTokensOf(manager, await lockHolders(manager, roleId));
      const told = difference(auditedOf(before), auditedOf(after));
      if (told) await recordRole(manager, principal, 'role.updated', { id: roleId, ...told });
      return { role: after, ended };
    });
    const { role, ended } = await named(work);
    await this.access.announce(ended);
    return toView(role);
  }

  delete(principal: Principal, roleId: string): Promise<RoleView> {
    return this.roles.inTenant(principal.tenantId, async (manager) => {
      const role = checked(principal, await lockRole(manager, roleId));
      if (role.agents > 0)
        throw new AppError('conflict', `${role.agents} agents have this role: give them another one first.`);
      await manager.query('DELETE FROM role WHERE id = $1', [roleId]);
      await forgetRole(manager, principal.tenantId, roleId);
      await recordRole(manager, principal, 'role.deleted', { id: roleId, before: auditedOf(role) });
      return toView(role);
    });
  }
}

const auditedOf = ({ name, grants }: OwnRole) => ({ name, grants });

function recordRole(
  manager: EntityManager,
  principal: Principal,
  action: string,
  { id, ...change }: { id: string; before?: object; after?: object },
): Promise<void> {
  return recordAudit(manager, { by: actorOf(principal), action, target: { kind: 'role', id }, ...change });
}

/** @throws AppError not_found, forbidden */
function checked(principal: Principal, role: OwnRole | undefined): OwnRole {
  if (!role) throw noSuchRole();
  if (role.id === principal.role)
    throw new AppError(
      'forbidden',
      'Nobody changes the role that they have: ask somebody who has another one.',
    );
  mustHold(principal, role.grants, 'This role allows what you may not do: ask somebody who may.');
  return role;
}

const isSame = (one: Grants, other: Grants) => isWithin(one, other) && isWithin(other, one);

const toView = ({ grants, ...role }: OwnRole): RoleView => ({
  ...role,
  builtIn: false,
  grants: grants as RoleView['grants'],
});

/** @throws AppError conflict, where another role of the tenant has the name */
async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (violatedConstraint(error) !== 'role_tenant_id_name') throw error;
    throw new AppError('conflict', 'There is already a role of this name: choose another one.');
  }
}
