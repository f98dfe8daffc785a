import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { agentImport, type RpcRequest, type RpcResponse } from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import { AgentImportService } from './agent-import.service';

@Controller()
export class AgentImportRpc {
  constructor(private readonly imports: AgentImportService) {}

  @OnRpc(agentImport, 'agent.invite')
  import(
    @FromCaller() { principal }: Caller,
    @Payload() request: RpcRequest<typeof agentImport>,
  ): Promise<RpcResponse<typeof agentImport>> {
    return this.imports.import(principal, request);
  }
}
