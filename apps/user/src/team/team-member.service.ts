import { Injectable } from '@nestjs/common';
import {
  scopeOf,
  type Principal,
  type RpcRequest,
  type teamMemberList,
  type teamMemberPut,
  type teamMemberRemove,
  type TeamMemberView,
} from '@scrm/contracts';
import { actorOf, difference, recordAudit } from '@scrm/database';
import { AppError } from '@scrm/platform';
import type { z } from 'zod';
import { endAgentTokens } from '../access/access.repository';
import { AccessService } from '../access/access.service';
import { lockAgent } from '../agent/agent.repository';
import { findMember, lockTeam, MEMBERS, TeamRepository } from './team.repository';
import { noSuchTeam } from './team.service';

@Injectable()
export class TeamMemberService {
  constructor(
    private readonly teams: TeamRepository,
    private readonly access: AccessService,
  ) {}

  async list(
    { tenantId }: Principal,
    { cursor, sort, ...filter }: z.output<typeof teamMemberList.request>,
  ): Promise<{ items: TeamMemberView[]; nextCursor: string | null }> {
    const place = MEMBERS.place(sort, cursor);
    const found = (await this.teams.members(tenantId, place, filter)) ?? noSuchTeam();
    return MEMBERS.page(found, filter.limit, place, (member) => member);
  }

  async put(
    principal: Principal,
    { teamId, agentId, leader }: RpcRequest<typeof teamMemberPut>,
  ): Promise<TeamMemberView> {
    const { tenantId } = principal;
    const { member, ended } = await this.teams.inTenant(tenantId, async (manager) => {
      // The team before the agent, as everywhere here: two changes never wait for each other in a circle.
      if (!(await lockTeam(manager, teamId))) return noSuchTeam();
      if (!(await lockAgent(manager, agentId))) throw new AppError('not_found', 'There is no such agent.');
      const before = await findMember(manager, teamId, agentId);
      if (!before && agentId === principal.agentId && scopeOf(principal, 'conversation.read') !== 'all')
        throw new AppError('forbidden', 'Nobody lets themselves into a team: ask somebody else who may.');
      await manager.query(
        `INSERT INTO team_member (team_id, agent_id, tenant_id, leader) VALUES ($1, $2, $3, $4)
         ON CONFLICT (team_id, agent_id) DO UPDATE SET leader = EXCLUDED.leader`,
        [teamId, agentId, tenantId, leader],
      );
      // Tokens say the teams, and not who leads them.
      const over = before ? [] : [await endAgentTokens(manager, agentId)];
      const change = before && difference({ leader: before.leader }, { leader });
      if (!before || change)
        await recordAudit(manager, {
          by: actorOf(principal),
          action: before ? 'team-member.updated' : 'team-member.added',
          target: { kind: 'agent', id: agentId },
          before: change?.before ?? null,
          after: { teamId, leader },
        });
      return { member: (await findMember(manager, teamId, agentId))!, ended: over };
    });
    await this.access.announce(ended);
    return member;
  }

  async remove(
    principal: Principal,
    { teamId, agentId }: RpcRequest<typeof teamMemberRemove>,
  ): Promise<TeamMemberView> {
    const { member, ended } = await this.teams.inTenant(principal.tenantId, async (manager) => {
      if (!(await lockTeam(manager, teamId))) return noSuchTeam();
      await lockAgent(manager, agentId);
      const before = await findMember(manager, teamId, agentId);
      if (!before) throw new AppError('not_found', 'The team has no such member.');
      await manager.query('DELETE FROM team_member WHERE team_id = $1 AND agent_id = $2', [teamId, agentId]);
      const over = [await endAgentTokens(manager, agentId)];
      await recordAudit(manager, {
        by: actorOf(principal),
        action: 'team-member.removed',
        target: { kind: 'agent', id: agentId },
        before: { teamId, leader: before.leader },
      });
      return { member: before, ended: over };
    });
    await this.access.announce(ended);
    return member;
  }
}
