import { Module } from '@nestjs/common';
import { InvitationModule } from '../invitation/invitation.module';
import { AgentImportRepository } from './agent-import.repository';
import { AgentImportRpc } from './agent-import.rpc';
import { AgentImportService } from './agent-import.service';

@Module({
  imports: [InvitationModule],
  controllers: [AgentImportRpc],
  providers: [AgentImportService, AgentImportRepository],
})
export class AgentImportModule {}
