import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { senderList, type RpcResponse } from '@scrm/contracts';
import { inTenant } from '@scrm/database';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import { APP_DB } from '../db/data-source';
import { SenderRepository, SENDERS } from './sender.repository';

@Controller()
export class SenderRpc {
  constructor(
    @Inject(APP_DB) private readonly database: DataSource,
    private readonly repository: SenderRepository,
  ) {}

  @OnRpc(senderList, 'sender.read')
  async list(
    @FromCaller() { principal }: Caller,
    @Payload() { cursor, sort, ...filter }: z.output<typeof senderList.request>,
  ): Promise<RpcResponse<typeof senderList>> {
    const place = SENDERS.place(sort, cursor);
    const senders = await inTenant(this.database, principal.tenantId, (manager) =>
      this.repository.page(manager, place, filter),
    );
    return SENDERS.page(senders, filter.limit, place, (sender) => sender);
  }
}
