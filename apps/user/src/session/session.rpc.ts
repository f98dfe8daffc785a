import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  sessionCreate,
  sessionList,
  sessionRefresh,
  sessionRevoke,
  type RpcRequest,
  type RpcResponse,
  type SessionTokens,
} from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import { SessionService } from './session.service';

@Controller()
export class SessionRpc {
  constructor(private readonly sessions: SessionService) {}

  @OnRpc(sessionCreate, 'public')
  create(@Payload() request: RpcRequest<typeof sessionCreate>): Promise<SessionTokens> {
    return this.sessions.create(request);
  }

  @OnRpc(sessionRefresh, 'public')
  refresh(@Payload() { refreshToken }: RpcRequest<typeof sessionRefresh>): Promise<SessionTokens> {
    return this.sessions.refresh(refreshToken);
  }

  @OnRpc(sessionList, 'signed-in')
  list(
    @FromCaller() { principal }: Caller,
    @Payload() query: RpcRequest<typeof sessionList>,
  ): Promise<RpcResponse<typeof sessionList>> {
    return this.sessions.list(principal, query);
  }

  @OnRpc(sessionRevoke, 'signed-in')
  revoke(
    @FromCaller() { principal }: Caller,
    @Payload() { which }: RpcRequest<typeof sessionRevoke>,
  ): Promise<{ revoked: number }> {
    return this.sessions.revoke(principal, which);
  }
}
