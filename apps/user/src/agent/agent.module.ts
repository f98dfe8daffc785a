import { Module } from '@nestjs/common';
import { HandOverModule } from '../hand-over/hand-over.module';
import { AgentRepository } from './agent.repository';
import { AgentRpc } from './agent.rpc';
import { AgentService } from './agent.service';

@Module({
  imports: [HandOverModule],
  controllers: [AgentRpc],
  providers: [AgentService, AgentRepository],
})
export class AgentModule {}
