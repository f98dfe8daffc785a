import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { templateList, type RpcResponse, type TemplateView } from '@scrm/contracts';
import { inTenant } from '@scrm/database';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import { decodePage, isId, toPage } from '@scrm/platform';
import { APP_DB } from '../db/data-source';
import type { Template } from './template.entity';
import { TemplateRepository } from './template.repository';

@Controller()
export class TemplateRpc {
  constructor(
    @Inject(APP_DB) private readonly database: DataSource,
    private readonly repository: TemplateRepository,
  ) {}

  @OnRpc(templateList, 'template.read')
  async list(
    @FromCaller() { principal }: Caller,
    @Payload() { cursor, limit, status }: z.output<typeof templateList.request>,
  ): Promise<RpcResponse<typeof templateList>> {
    const after = cursor ? decodePage(cursor, isId)[0] : null;
    const templates = await inTenant(this.database, principal.tenantId, (manager) =>
      this.repository.page(manager, { after, status, limit }),
    );
    return toPage(templates, limit, toView, (t) => [t.id]);
  }
}

function toView({ id, name, language, category, status, components }: Template): TemplateView {
  return { id, name, language, category, status, components };
}
