import { Injectable } from '@nestjs/common';
import type { Principal, teamList, TeamView } from '@scrm/contracts';
import { actorOf, difference, recordAudit, violatedConstraint } from '@scrm/database';
import { AppError } from '@scrm/platform';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { endTokensOf } from '../access/access.repository';
import { AccessService } from '../access/access.service';
import { lockAdmins, lockAgents } from '../agent/agent.repository';
import { findTeam, lockTeam, memberIds, TeamRepository, TEAMS } from './team.repository';

@Injectable()
export class TeamService {
  constructor(
    private readonly teams: TeamRepository,
    private readonly access: AccessService,
  ) {}

  async list(
    { tenantId }: Principal,
    { cursor, sort, ...filter }: z.output<typeof teamList.request>,
  ): Promise<{ items: TeamView[]; nextCursor: string | null }> {
    const place = TEAMS.place(sort, cursor);
    const found = await this.teams.page(tenantId, place, filter);
    return TEAMS.page(found, filter.limit, place, (team) => team);
  }

  async create(principal: Principal, name: string): Promise<TeamView> {
    const { tenantId } = principal;
    const id = uuidv7();
    const work = this.teams.inTenant(tenantId, async (manager) => {
      await manager.query('INSERT INTO team (id, tenant_id, name) VALUES ($1, $2, $3)', [id, tenantId, name]);
      await recordTeam(manager, principal, 'team.created', { id, after: { name } });
    });
    await named(work);
    return { id, name, members: 0 };
  }

  update(principal: Principal, id: string, name: string): Promise<TeamView> {
    const work = this.teams.inTenant(principal.tenantId, async (manager) => {
      if (!(await lockTeam(manager, id))) return noSuchTeam();
      const before = (await findTeam(manager, id))!;
      await manager.query('UPDATE team SET name = $2 WHERE id = $1', [id, name]);
      const change = difference({ name: before.name }, { name });
      if (change) await recordTeam(manager, principal, 'team.updated', { id, ...change });
      return { ...before, name };
    });
    return named(work);
  }

  async delete(principal: Principal, id: string): Promise<TeamView> {
    const { team, ended } = await this.teams.inTenant(principal.tenantId, async (manager) => {
      if (!(await lockTeam(manager, id))) return noSuchTeam();
      const found = await findTeam(manager, id);
      const members = await memberIds(manager, id);
      // The order in which agents are changed, too: the admins, then whom it is about.
      if (members.length > 0) await lockAdmins(manager);
      await lockAgents(manager, members);
      const over = await endTokensOf(manager, members);
      // Its memberships go with it.
      await manager.query('DELETE FROM team WHERE id = $1', [id]);
      const before = { name: found!.name, members };
      await recordTeam(manager, principal, 'team.deleted', { id, before });
      return { team: found!, ended: over };
    });
    await this.access.announce(ended);
    return team;
  }
}

function recordTeam(
  manager: EntityManager,
  principal: Principal,
  action: string,
  { id, ...change }: { id: string; before?: object; after?: object },
): Promise<void> {
  return recordAudit(manager, { by: actorOf(principal), action, target: { kind: 'team', id }, ...change });
}

export function noSuchTeam(): never {
  throw new AppError('not_found', 'There is no such team.');
}

/** @throws AppError conflict, where another team of the tenant has the name */
async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (violatedConstraint(error) !== 'team_tenant_id_name') throw error;
    throw new AppError('conflict', 'There is already a team of this name: choose another one.');
  }
}
