import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { inboxAuditList, inboxWatch, type AuditQuery, type RpcResponse } from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import { AuditService } from './audit.service';

@Controller()
export class AuditRpc {
  constructor(private readonly audit: AuditService) {}

  @OnRpc(inboxAuditList, 'audit.read')
  list(
    @FromCaller() { principal }: Caller,
    @Payload() query: AuditQuery,
  ): Promise<RpcResponse<typeof inboxAuditList>> {
    return this.audit.list(principal, query);
  }

  @OnRpc(inboxWatch, 'conversation.read')
  async watch(@FromCaller() { principal }: Caller): Promise<Record<string, never>> {
    await this.audit.watch(principal);
    return {};
  }
}
