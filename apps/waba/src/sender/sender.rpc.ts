import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { senderList, type RpcResponse, type SenderView } from '@scrm/contracts';
import { inTenant } from '@scrm/database';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import { decodePage, isId, toPage } from '@scrm/platform';
import { APP_DB } from '../db/data-source';
import { Sender } from './sender.entity';

@Controller()
export class SenderRpc {
  constructor(@Inject(APP_DB) private readonly database: DataSource) {}

  @OnRpc(senderList, 'sender.read')
  async list(
    @FromCaller() { principal }: Caller,
    @Payload() { cursor, limit }: z.output<typeof senderList.request>,
  ): Promise<RpcResponse<typeof senderList>> {
    const after = cursor ? decodePage(cursor, isId)[0] : null;
    const senders = await inTenant(this.database, principal.tenantId, (manager) => {
      const query = manager
        .createQueryBuilder(Sender, 's')
        .orderBy('s.id')
        .limit(limit + 1);
      if (after) query.where('s.id > :after', { after });
      return query.getMany();
    });
    return toPage(senders, limit, toView, (s) => [s.id]);
  }
}

function toView(s: Sender): SenderView {
  const { id, name, displayPhoneNumber, phoneNumberId, defaultTeamId, status, pausedReason } = s;
  return { id, name, displayPhoneNumber, phoneNumberId, defaultTeamId, status, pausedReason };
}
