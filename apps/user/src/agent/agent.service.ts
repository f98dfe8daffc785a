import { Injectable } from '@nestjs/common';
import type { AgentView, Principal } from '@scrm/contracts';
import { AppError } from '@scrm/platform';
import { AgentRepository } from './agent.repository';

@Injectable()
export class AgentService {
  constructor(private readonly agents: AgentRepository) {}

  async me({ tenantId, agentId }: Principal): Promise<AgentView> {
    const found = await this.agents.findActive(tenantId, agentId);
    if (!found) throw new AppError('unauthenticated', 'This account can no longer sign in.');
    const { agent, memberships } = found;
    return {
      id: agent.id,
      name: agent.name,
      email: agent.email,
      role: agent.role,
      tenant: { id: tenantId, name: agent.tenant!.name },
      teams: memberships.map(({ team, leader }) => ({ id: team!.id, name: team!.name, leader })),
    };
  }
}
