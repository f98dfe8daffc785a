import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  ssoConnectionDelete,
  ssoConnectionGet,
  ssoConnectionPut,
  ssoSignInFinish,
  ssoSignInStart,
  type RpcRequest,
  type RpcResponse,
  type SessionTokens,
  type SsoConnectionView,
} from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import { SsoConnectionService } from './sso-connection.service';
import { SsoSignInService } from './sso-sign-in.service';

@Controller()
export class SsoRpc {
  constructor(
    private readonly connections: SsoConnectionService,
    private readonly signIns: SsoSignInService,
  ) {}

  @OnRpc(ssoConnectionGet, 'sso.manage')
  get(@FromCaller() { principal }: Caller): Promise<SsoConnectionView> {
    return this.connections.get(principal);
  }

  @OnRpc(ssoConnectionPut, 'sso.manage')
  put(
    @FromCaller() { principal }: Caller,
    @Payload() request: RpcRequest<typeof ssoConnectionPut>,
  ): Promise<SsoConnectionView> {
    return this.connections.put(principal, request);
  }

  @OnRpc(ssoConnectionDelete, 'sso.manage')
  delete(@FromCaller() { principal }: Caller): Promise<SsoConnectionView> {
    return this.connections.delete(principal);
  }

  @OnRpc(ssoSignInStart, 'public')
  start(@Payload() request: RpcRequest<typeof ssoSignInStart>): Promise<RpcResponse<typeof ssoSignInStart>> {
    return this.signIns.start(request);
  }

  @OnRpc(ssoSignInFinish, 'public')
  finish(@Payload() request: RpcRequest<typeof ssoSignInFinish>): Promise<SessionTokens> {
    return this.signIns.finish(request);
  }
}
