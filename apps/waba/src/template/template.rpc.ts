import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { templateList, type RpcResponse } from '@scrm/contracts';
import { inTenant } from '@scrm/database';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import { APP_DB } from '../db/data-source';
import { TemplateRepository, TEMPLATES } from './template.repository';

@Controller()
export class TemplateRpc {
  constructor(
    @Inject(APP_DB) private readonly database: DataSource,
    private readonly repository: TemplateRepository,
  ) {}

  @OnRpc(templateList, 'template.read')
  async list(
    @FromCaller() { principal }: Caller,
    @Payload() { cursor, sort, ...filter }: z.output<typeof templateList.request>,
  ): Promise<RpcResponse<typeof templateList>> {
    const place = TEMPLATES.place(sort, cursor);
    const templates = await inTenant(this.database, principal.tenantId, (manager) =>
      this.repository.page(manager, place, filter),
    );
    return TEMPLATES.page(templates, filter.limit, place, (template) => template);
  }
}
