import { Module } from '@nestjs/common';
import { SessionModule } from '../session/session.module';
import { InvitationRepository } from './invitation.repository';
import { InvitationRpc } from './invitation.rpc';
import { InvitationService } from './invitation.service';

@Module({
  imports: [SessionModule],
  controllers: [InvitationRpc],
  providers: [InvitationService, InvitationRepository],
  exports: [InvitationService],
})
export class InvitationModule {}
