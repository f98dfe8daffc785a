import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { agentHandOverGet, type AgentHandOverView, type RpcRequest } from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import { HandOverService } from './hand-over.service';

@Controller()
export class HandOverRpc {
  constructor(private readonly handOvers: HandOverService) {}

  @OnRpc(agentHandOverGet, 'agent.read')
  get(
    @FromCaller() { principal }: Caller,
    @Payload() { agentId }: RpcRequest<typeof agentHandOverGet>,
  ): Promise<AgentHandOverView> {
    return this.handOvers.get(principal, agentId);
  }
}
