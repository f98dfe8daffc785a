import { Module } from '@nestjs/common';
import { PresenceRepository } from './presence.repository';
import { PresenceRpc } from './presence.rpc';
import { PresenceService } from './presence.service';
import { PresenceSweeper } from './presence.sweeper';

@Module({
  controllers: [PresenceRpc],
  providers: [PresenceService, PresenceSweeper, PresenceRepository],
})
export class PresenceModule {}
