import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  teamMemberList,
  teamMemberPut,
  teamMemberRemove,
  type RpcRequest,
  type RpcResponse,
  type TeamMemberView,
} from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import type { z } from 'zod';
import { TeamMemberService } from './team-member.service';

@Controller()
export class TeamMemberRpc {
  constructor(private readonly members: TeamMemberService) {}

  @OnRpc(teamMemberList, 'team.read')
  list(
    @FromCaller() { principal }: Caller,
    @Payload() query: z.output<typeof teamMemberList.request>,
  ): Promise<RpcResponse<typeof teamMemberList>> {
    return this.members.list(principal, query);
  }

  @OnRpc(teamMemberPut, 'team.manage')
  put(
    @FromCaller() { principal }: Caller,
    @Payload() membership: RpcRequest<typeof teamMemberPut>,
  ): Promise<TeamMemberView> {
    return this.members.put(principal, membership);
  }

  @OnRpc(teamMemberRemove, 'team.manage')
  remove(
    @FromCaller() { principal }: Caller,
    @Payload() membership: RpcRequest<typeof teamMemberRemove>,
  ): Promise<TeamMemberView> {
    return this.members.remove(principal, membership);
  }
}
