import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  presenceGet,
  presenceReport,
  presenceSet,
  type OwnPresenceView,
  type RpcRequest,
  type RpcResponse,
} from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import { PresenceService } from './presence.service';

@Controller()
export class PresenceRpc {
  constructor(private readonly presence: PresenceService) {}

  @OnRpc(presenceGet, 'signed-in')
  get(@FromCaller() { principal }: Caller): Promise<OwnPresenceView> {
    return this.presence.get(principal);
  }

  @OnRpc(presenceSet, 'signed-in')
  set(
    @FromCaller() { principal }: Caller,
    @Payload() { status }: RpcRequest<typeof presenceSet>,
  ): Promise<OwnPresenceView> {
    return this.presence.set(principal, status);
  }

  @OnRpc(presenceReport, 'service')
  async report(
    @Payload() report: RpcRequest<typeof presenceReport>,
  ): Promise<RpcResponse<typeof presenceReport>> {
    await this.presence.report(report);
    return {};
  }
}
