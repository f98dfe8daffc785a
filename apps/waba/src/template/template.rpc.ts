import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { templateList, type RpcResponse } from '@scrm/contracts';
import { inTenant } from '@scrm/database';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import { decodePage, encodePage, isId } from '../conversation/page-cursor';
import { APP_DB } from '../db/data-source';
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
    const page = templates.slice(0, limit);
    return {
      items: page.map(({ id, name, language, category, status, components }) => ({
        id,
        name,
        language,
        category,
        status,
        components,
      })),
      nextCursor: templates.length > limit ? encodePage(page.at(-1)!.id) : null,
    };
  }
}
