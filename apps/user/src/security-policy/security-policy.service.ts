import { Inject, Injectable } from '@nestjs/common';
import type { Principal, Role, SecurityPolicy } from '@scrm/contracts';
import { actorOf, difference, inTenant, recordAudit } from '@scrm/database';
import { AppError } from '@scrm/platform';
import type { DataSource, EntityManager } from 'typeorm';
import { endSessionsOf, endTokensOf } from '../access/access.repository';
import { AccessService } from '../access/access.service';
import { lockAdmins } from '../agent/agent.repository';
import { IDENTITY_DB } from '../db/data-source';
import { noSuchRole } from '../role/rights';
import { ROLE_OF } from '../role/role.entity';
import { keepGrants } from '../role/role.repository';

/** What a tenant asks of those who sign in. */
@Injectable()
export class SecurityPolicyService {
  constructor(
    @Inject(IDENTITY_DB) private readonly db: DataSource,
    private readonly access: AccessService,
  ) {}

  get({ tenantId }: Principal): Promise<SecurityPolicy> {
    return inTenant(this.db, tenantId, (manager) => policyOf(manager, tenantId));
  }

  /** @throws AppError conflict, where it would sign out who asks; not_found (a role) */
  async update(principal: Principal, { mfaRequiredRoles: roles }: SecurityPolicy): Promise<SecurityPolicy> {
    const unique = [...new Set(roles)];
    const { tenantId, agentId } = principal;
    const ended = await inTenant(this.db, tenantId, async (manager) => {
      for (const role of unique) if (!(await keepGrants(manager, role))) throw noSuchRole();
      const before = await policyOf(manager, tenantId);
      // In the order in which a change of an agent locks them.
      await lockAdmins(manager);
      await manager.query('UPDATE tenant SET mfa_required_roles = $2 WHERE id = $1', [tenantId, unique]);
      const without = await lockThoseWithout(manager, unique);
      if (without.includes(agentId))
        throw new AppError(
          'conflict',
          'Set up a second factor of your own first: your role is one of these.',
        );
      await endSessionsOf(manager, tenantId, without);
      const over = await endTokensOf(manager, without);
      const told = difference(before, { mfaRequiredRoles: unique });
      const target = { kind: 'tenant', id: tenantId };
      if (told)
        await recordAudit(manager, {
          by: actorOf(principal),
          action: 'security-policy.updated',
          target,
          ...told,
        });
      return over;
    });
    await this.access.announce(ended);
    return { mfaRequiredRoles: unique };
  }
}

async function policyOf(manager: EntityManager, tenantId: string): Promise<SecurityPolicy> {
  const [row] = await manager.query<{ roles: Role[] }[]>(
    'SELECT mfa_required_roles AS roles FROM tenant WHERE id = $1',
    [tenantId],
  );
  return { mfaRequiredRoles: row!.roles };
}

/** Agents of the roles who have no second factor, locked in the order of their ids. */
async function lockThoseWithout(manager: EntityManager, roles: Role[]): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    `SELECT a.id FROM agent a
      WHERE ${ROLE_OF} = ANY($1) AND a.status = 'active'
        AND NOT EXISTS (SELECT 1 FROM mfa_totp f WHERE f.agent_id = a.id AND f.confirmed_at IS NOT NULL)
      ORDER BY a.id FOR UPDATE OF a`,
    [roles],
  );
  return rows.map(({ id }) => id);
}
