import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { roleCreate, roleDelete, roleList, roleUpdate, type RoleView } from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import type { z } from 'zod';
import { RoleService } from './role.service';

@Controller()
export class RoleRpc {
  constructor(private readonly roles: RoleService) {}

  @OnRpc(roleList, 'role.read')
  list(
    @FromCaller() { principal }: Caller,
    @Payload() { q }: z.output<typeof roleList.request>,
  ): Promise<{ items: RoleView[] }> {
    return this.roles.list(principal, q);
  }

  @OnRpc(roleCreate, 'role.manage')
  create(
    @FromCaller() { principal }: Caller,
    @Payload() role: z.output<typeof roleCreate.request>,
  ): Promise<RoleView> {
    return this.roles.create(principal, role);
  }

  @OnRpc(roleUpdate, 'role.manage')
  update(
    @FromCaller() { principal }: Caller,
    @Payload() change: z.output<typeof roleUpdate.request>,
  ): Promise<RoleView> {
    return this.roles.update(principal, change);
  }

  @OnRpc(roleDelete, 'role.manage')
  delete(
    @FromCaller() { principal }: Caller,
    @Payload() { roleId }: z.output<typeof roleDelete.request>,
  ): Promise<RoleView> {
    return this.roles.delete(principal, roleId);
  }
}
