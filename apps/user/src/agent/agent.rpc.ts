import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  agentList,
  agentMe,
  agentUpdate,
  profileUpdate,
  type AgentView,
  type ColleagueView,
  type RpcResponse,
} from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import type { z } from 'zod';
import { AgentService } from './agent.service';

@Controller()
export class AgentRpc {
  constructor(private readonly agents: AgentService) {}

  @OnRpc(agentMe, 'signed-in')
  me(@FromCaller() { principal }: Caller): Promise<AgentView> {
    return this.agents.me(principal);
  }

  @OnRpc(agentList, 'agent.read')
  list(
    @FromCaller() { principal }: Caller,
    @Payload() query: z.output<typeof agentList.request>,
  ): Promise<RpcResponse<typeof agentList>> {
    return this.agents.list(principal, query);
  }

  @OnRpc(agentUpdate, 'agent.update')
  update(
    @FromCaller() { principal }: Caller,
    @Payload() change: z.output<typeof agentUpdate.request>,
  ): Promise<ColleagueView> {
    return this.agents.update(principal, change);
  }

  @OnRpc(profileUpdate, 'signed-in')
  updateOwn(
    @FromCaller() { principal }: Caller,
    @Payload() change: z.output<typeof profileUpdate.request>,
  ): Promise<AgentView> {
    return this.agents.updateOwn(principal, change);
  }
}
