import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  agentCreate,
  agentInvite,
  invitationAccept,
  invitationGet,
  type InvitationToken,
  type InvitationView,
  type RpcRequest,
} from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import { InvitationService } from './invitation.service';

@Controller()
export class InvitationRpc {
  constructor(private readonly invitations: InvitationService) {}

  @OnRpc(agentCreate, 'agent.invite')
  create(
    @FromCaller() { principal }: Caller,
    @Payload() agent: RpcRequest<typeof agentCreate>,
  ): Promise<{ agentId: string } & InvitationToken> {
    return this.invitations.create(principal, agent);
  }

  @OnRpc(agentInvite, 'agent.invite')
  invite(
    @FromCaller() { principal }: Caller,
    @Payload() { agentId }: RpcRequest<typeof agentInvite>,
  ): Promise<InvitationToken> {
    return this.invitations.renew(principal, agentId);
  }

  @OnRpc(invitationGet, 'public')
  get(@Payload() { token }: RpcRequest<typeof invitationGet>): Promise<InvitationView> {
    return this.invitations.get(token);
  }

  @OnRpc(invitationAccept, 'public')
  accept(@Payload() request: RpcRequest<typeof invitationAccept>): Promise<{ email: string }> {
    return this.invitations.accept(request);
  }
}
