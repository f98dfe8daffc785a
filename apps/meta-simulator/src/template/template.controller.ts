import { Body, Delete, Get, HttpCode, Post, Query, Req } from '@nestjs/common';
import { GraphController } from '../graph/graph.decorator';
import { GraphAccess } from '../graph/graph.guard';
import { type GraphRequest } from '../graph/graph.request';
import type { Json } from '../message/check';
import { type Page, templatePage, type TemplateQuery } from './template.page';
import { TemplateService } from './template.service';

@GraphController()
export class TemplateController {
  constructor(
    private readonly access: GraphAccess,
    private readonly templates: TemplateService,
  ) {}

  @Get(':id/message_templates')
  list(@Req() req: GraphRequest, @Query() query: TemplateQuery): Page {
    const waba = this.access.waba(req);
    const self = `${req.protocol}://${req.headers.host ?? 'localhost'}${req.url}`;
    return templatePage([...waba.templates.values()], query, self);
  }

  @Post(':id/message_templates')
  @HttpCode(200)
  create(@Req() req: GraphRequest, @Body() body: Json | undefined): Json {
    return this.templates.create(this.access.waba(req), body ?? {});
  }

  @Delete(':id/message_templates')
  remove(@Req() req: GraphRequest, @Query() query: { name?: string; hsm_id?: string }): Json {
    return this.templates.delete(this.access.waba(req), query.name, query.hsm_id);
  }
}
