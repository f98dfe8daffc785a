import { Body, Delete, Get, HttpCode, Post, Query, Req } from '@nestjs/common';
import { badParameter, GraphError } from '../graph/graph.error';
import { GraphController } from '../graph/graph.decorator';
import { GraphAccess } from '../graph/graph.guard';
import type { GraphRequest } from '../graph/graph.request';
import { isObject, type Json, optionalText } from '../message/check';
import { pickFields } from '../template/template.page';
import { phoneNode } from './account.node';

const APP = { whatsapp_business_api_data: { id: '1000000000000001', name: 'Simulated app', link: '' } };
const PROFILE_LIMITS: Record<string, number> = { about: 139, address: 256, description: 512, email: 128 };

/** Edges of a WABA and of a number that are not about messages. */
@GraphController()
export class AccountController {
  constructor(private readonly access: GraphAccess) {}

  @Get(':id/phone_numbers')
  phoneNumbers(@Req() req: GraphRequest, @Query('fields') fields?: string): Json {
    const data = [...this.access.waba(req).phoneNumbers.values()].map((phone) => phoneNode(phone, fields));
    return { data, paging: data.length > 0 ? { cursors: { before: 'MAZDZD', after: 'MAZDZD' } } : {} };
  }

  @Post(':id/register')
  @HttpCode(200)
  register(@Req() req: GraphRequest, @Body() body: Json | undefined): Json {
    const phone = this.access.phone(req);
    if (body?.messaging_product !== 'whatsapp')
      throw badParameter('The parameter messaging_product is required.');
    if (!/^\d{6}$/.test(String(body.pin ?? ''))) throw new GraphError(100, 'PIN must be exactly 6 digits');
    phone.registered = true;
    phone.status = 'CONNECTED';
    return { success: true };
  }

  @Post(':id/deregister')
  @HttpCode(200)
  deregister(@Req() req: GraphRequest): Json {
    const phone = this.access.phone(req);
    phone.registered = false;
    phone.status = 'DISCONNECTED';
    return { success: true };
  }

  @Get(':id/subscribed_apps')
  subscriptions(@Req() req: GraphRequest): Json {
    const waba = this.access.waba(req);
    if (!waba.subscribed) return { data: [] };
    return { data: [{ ...APP, ...(waba.webhookUrl ? { override_callback_uri: waba.webhookUrl } : {}) }] };
  }

  @Post(':id/subscribed_apps')
  @HttpCode(200)
  subscribe(@Req() req: GraphRequest, @Body() body: Json | undefined): Json {
    const waba = this.access.waba(req);
    const url = isObject(body) ? body.override_callback_uri : undefined;
    if (url !== undefined && (typeof url !== 'string' || url.length > 200 || !/^https?:\/\//.test(url))) {
      throw badParameter('override_callback_uri is not a valid URL.');
    }
    waba.subscribed = true;
    if (url === undefined) delete waba.webhookUrl;
    else waba.webhookUrl = url;
    return { success: true };
  }

  @Delete(':id/subscribed_apps')
  unsubscribe(@Req() req: GraphRequest): Json {
    this.access.waba(req).subscribed = false;
    return { success: true };
  }

  @Get(':id/whatsapp_business_profile')
  profile(@Req() req: GraphRequest, @Query('fields') fields?: string): Json {
    const { profile } = this.access.phone(req);
    return { data: [{ ...pickFields(profile, fields), messaging_product: 'whatsapp' }] };
  }

  @Post(':id/whatsapp_business_profile')
  @HttpCode(200)
  setProfile(@Req() req: GraphRequest, @Body() body: Json | undefined): Json {
    const phone = this.access.phone(req);
    if (body?.messaging_product !== 'whatsapp')
      throw badParameter('The parameter messaging_product is required.');
    for (const [key, max] of Object.entries(PROFILE_LIMITS)) optionalText(body, key, key, max);
    const { websites } = body;
    if (websites !== undefined && (!Array.isArray(websites) || websites.length > 2)) {
      throw badParameter('Param websites may have at most 2 entries.');
    }
    const { messaging_product: product, ...rest } = body;
    void product;
    Object.assign(phone.profile, rest);
    return { success: true };
  }
}
