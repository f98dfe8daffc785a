import { Body, Delete, Get, HttpCode, Post, Query, Req } from '@nestjs/common';
import { AccountStore } from '../account/account.store';
import { phoneNode, wabaNode } from '../account/account.node';
import { Clock } from '../clock/clock';
import { type Media, MediaStore } from '../media/media.store';
import { isObject, type Json } from '../message/check';
import { templateNode } from '../template/template.page';
import { TemplateService } from '../template/template.service';
import type { Template } from '../template/template.types';
import { GraphController } from './graph.decorator';
import { badParameter } from './graph.error';
import { GraphAccess } from './graph.guard';
import type { GraphRequest } from './graph.request';

/** `/{version}/{id}`: Graph does not say in the path what kind of object an id is. */
@GraphController()
export class NodeController {
  constructor(
    private readonly access: GraphAccess,
    private readonly accounts: AccountStore,
    private readonly media: MediaStore,
    private readonly templates: TemplateService,
    private readonly clock: Clock,
  ) {}

  @Get(':id')
  get(@Req() req: GraphRequest, @Query('fields') fields?: string): Json {
    const media = this.mediaOf(req);
    if (media) return this.mediaNode(req, media);
    const template = this.templateOf(req);
    if (template) return templateNode(template, fields);
    if (this.accounts.wabas.has(req.params.id)) return wabaNode(this.access.waba(req), fields);
    return phoneNode(this.access.phone(req), fields);
  }

  @Post(':id')
  @HttpCode(200)
  post(@Req() req: GraphRequest, @Body() body: unknown): Json {
    const template = this.templateOf(req);
    const json = isObject(body) ? body : {};
    if (template) return this.templates.edit(template, json);
    const phone = this.access.phone(req);
    const configuration = json.webhook_configuration;
    if (isObject(configuration)) {
      const url = configuration.override_callback_uri;
      if (typeof url !== 'string') throw badParameter('override_callback_uri is required.');
      if (url === '') delete phone.webhookUrl;
      else phone.webhookUrl = url;
    }
    return { success: true };
  }

  @Delete(':id')
  remove(@Req() req: GraphRequest): Json {
    const media = this.mediaOf(req);
    if (!media) throw this.access.missing(req);
    this.media.delete(media.id);
    return { success: true };
  }

  private mediaOf(req: GraphRequest): Media | undefined {
    const media = this.media.get(req.params.id);
    return media && this.access.owns(req, media.wabaId) ? media : undefined;
  }

  private templateOf(req: GraphRequest): Template | undefined {
    const template = this.accounts.templates.get(req.params.id);
    return template && this.access.owns(req, template.wabaId) ? template : undefined;
  }

  private mediaNode(req: GraphRequest, media: Media): Json {
    const wanted = req.query.phone_number_id;
    if (wanted !== undefined && wanted !== media.phoneNumberId) throw this.access.missing(req);
    return {
      messaging_product: 'whatsapp',
      url: this.media.url(`${req.protocol}://${req.headers.host ?? 'localhost'}`, media.id, this.clock.now()),
      mime_type: media.mime,
      sha256: media.sha256,
      file_size: media.bytes.length,
      id: media.id,
    };
  }
}
