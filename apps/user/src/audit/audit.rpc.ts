import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { accessAuditExport, accessAuditList, type AuditQuery, type RpcResponse } from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import type { z } from 'zod';
import { AuditService } from './audit.service';

@Controller()
export class AuditRpc {
  constructor(private readonly audit: AuditService) {}

  @OnRpc(accessAuditList, 'audit.read')
  list(
    @FromCaller() { principal }: Caller,
    @Payload() query: AuditQuery,
  ): Promise<RpcResponse<typeof accessAuditList>> {
    return this.audit.list(principal, query);
  }

  @OnRpc(accessAuditExport, 'audit.read')
  async export(
    @FromCaller() { principal }: Caller,
    @Payload() narrowed: z.output<typeof accessAuditExport.request>,
  ): Promise<Record<string, never>> {
    await this.audit.recordExport(principal, narrowed);
    return {};
  }
}
