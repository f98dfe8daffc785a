import { Module } from '@nestjs/common';
import { AgentRepository } from './agent.repository';
import { AgentRpc } from './agent.rpc';
import { AgentService } from './agent.service';

@Module({
  controllers: [AgentRpc],
  providers: [AgentService, AgentRepository],
})
export class AgentModule {}
