import { Inject, Injectable } from '@nestjs/common';
import { inTenant } from '@scrm/database';
import type { DataSource } from 'typeorm';
import { IDENTITY_DB } from '../db/data-source';
import { TeamMember } from '../team/team-member.entity';
import { Agent } from './agent.entity';

@Injectable()
export class AgentRepository {
  constructor(@Inject(IDENTITY_DB) private readonly db: DataSource) {}

  /** An agent with their tenant and teams; null where they are gone or deactivated. */
  findActive(tenantId: string, id: string) {
    return inTenant(this.db, tenantId, async (manager) => {
      const agent = await manager.findOne(Agent, {
        where: { tenantId, id, status: 'active' },
        relations: { tenant: true },
      });
      if (!agent) return null;
      const memberships = await manager.find(TeamMember, {
        where: { tenantId, agentId: id },
        relations: { team: true },
        order: { team: { name: 'ASC' } },
      });
      return { agent, memberships };
    });
  }
}
