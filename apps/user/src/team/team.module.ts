import { Module } from '@nestjs/common';
import { TeamRepository } from './team.repository';
import { TeamMemberRpc } from './team-member.rpc';
import { TeamMemberService } from './team-member.service';
import { TeamRpc } from './team.rpc';
import { TeamService } from './team.service';

@Module({
  controllers: [TeamRpc, TeamMemberRpc],
  providers: [TeamService, TeamMemberService, TeamRepository],
})
export class TeamModule {}
