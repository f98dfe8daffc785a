import { Controller } from '@nestjs/common';
import { agentMe, type AgentView } from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import { AgentService } from './agent.service';

@Controller()
export class AgentRpc {
  constructor(private readonly agents: AgentService) {}

  @OnRpc(agentMe, 'signed-in')
  me(@FromCaller() { principal }: Caller): Promise<AgentView> {
    return this.agents.me(principal);
  }
}
