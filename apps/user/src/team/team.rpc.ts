import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  teamCreate,
  teamDelete,
  teamList,
  teamUpdate,
  type RpcRequest,
  type RpcResponse,
  type TeamView,
} from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import type { z } from 'zod';
import { TeamService } from './team.service';

@Controller()
export class TeamRpc {
  constructor(private readonly teams: TeamService) {}

  @OnRpc(teamList, 'team.read')
  list(
    @FromCaller() { principal }: Caller,
    @Payload() query: z.output<typeof teamList.request>,
  ): Promise<RpcResponse<typeof teamList>> {
    return this.teams.list(principal, query);
  }

  @OnRpc(teamCreate, 'team.manage')
  create(
    @FromCaller() { principal }: Caller,
    @Payload() { name }: RpcRequest<typeof teamCreate>,
  ): Promise<TeamView> {
    return this.teams.create(principal, name);
  }

  @OnRpc(teamUpdate, 'team.manage')
  update(
    @FromCaller() { principal }: Caller,
    @Payload() { teamId, name }: RpcRequest<typeof teamUpdate>,
  ): Promise<TeamView> {
    return this.teams.update(principal, teamId, name);
  }

  @OnRpc(teamDelete, 'team.manage')
  delete(
    @FromCaller() { principal }: Caller,
    @Payload() { teamId }: RpcRequest<typeof teamDelete>,
  ): Promise<TeamView> {
    return this.teams.delete(principal, teamId);
  }
}
