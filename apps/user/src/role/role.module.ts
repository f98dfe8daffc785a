import { Module } from '@nestjs/common';
import { RoleRepository } from './role.repository';
import { RoleRpc } from './role.rpc';
import { RoleService } from './role.service';

@Module({
  controllers: [RoleRpc],
  providers: [RoleService, RoleRepository],
})
export class RoleModule {}
