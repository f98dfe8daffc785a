import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { sessionCreate, sessionRefresh, type RpcRequest, type SessionTokens } from '@scrm/contracts';
import { OnRpc } from '@scrm/messaging';
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
}
