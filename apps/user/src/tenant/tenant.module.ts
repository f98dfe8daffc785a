import { Module } from '@nestjs/common';
import { TenantRepository } from './tenant.repository';
import { TenantRpc } from './tenant.rpc';
import { TenantService } from './tenant.service';

@Module({
  controllers: [TenantRpc],
  providers: [TenantService, TenantRepository],
})
export class TenantModule {}
