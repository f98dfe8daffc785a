import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { tenantGet, tenantUpdate, type TenantView } from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import type { z } from 'zod';
import { TenantService } from './tenant.service';

@Controller()
export class TenantRpc {
  constructor(private readonly tenants: TenantService) {}

  @OnRpc(tenantGet, 'signed-in')
  get(@FromCaller() { principal }: Caller): Promise<TenantView> {
    return this.tenants.get(principal);
  }

  @OnRpc(tenantUpdate, 'tenant.manage')
  update(
    @FromCaller() { principal }: Caller,
    @Payload() change: z.output<typeof tenantUpdate.request>,
  ): Promise<TenantView> {
    return this.tenants.update(principal, change);
  }
}
