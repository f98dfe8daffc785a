import { Injectable } from '@nestjs/common';
import type { Principal, teamList, TeamView } from '@scrm/contracts';
import { violatedConstraint } from '@scrm/database';
import { AppError } from '@scrm/platform';
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

  async create({ tenantId }: Principal, name: string): Promise<TeamView> {
    const id = uuidv7();
    const insert = 'INSERT INTO team (id, tenant_id, name) VALUES ($1, $2, $3)';
    await named(this.teams.inTenant(tenantId, (manager) => manager.query(insert, [id, tenantId, name])));
    return { id, name, members: 0 };
  }

  update({ tenantId }: Principal, id: string, name: string): Promise<TeamView> {
    const work = this.teams.inTenant(tenantId, async (manager) => {
      await manager.query('UPDATE team SET name = $2 WHERE id = $1', [id, name]);
      return (await findTeam(manager, id)) ?? noSuchTeam();
    });
    return named(work);
  }

  async delete({ tenantId }: Principal, id: string): Promise<TeamView> {
    const { team, ended } = await this.teams.inTenant(tenantId, async (manager) => {
      if (!(await lockTeam(manager, id))) return noSuchTeam();
      const found = await findTeam(manager, id);
      const members = await memberIds(manager, id);
      // The order in which agents are changed, too: the admins, then whom it is about.
      if (members.length > 0) await lockAdmins(manager);
      await lockAgents(manager, members);
      const over = await endTokensOf(manager, members);
      // Its memberships go with it.
      await manager.query('DELETE FROM team WHERE id = $1', [id]);
      return { team: found!, ended: over };
    });
    await this.access.announce(ended);
    return team;
  }
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
