import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { request } from 'undici';
import { z } from 'zod';
import { AccountStore } from '../account/account.store';
import { Clock } from '../clock/clock';
import { CustomerStore } from '../customer/customer.store';
import { type Fault, faultSchema, FaultStore } from '../fault/fault.store';
import { LedgerStore } from '../ledger/ledger.store';
import { MediaStore } from '../media/media.store';
import type { Json } from '../message/check';
import { MessageService } from '../message/message.service';
import { ConversationStore } from '../phone/conversation.store';
import { PhoneEvents } from '../phone/phone.events';
import { Settings } from '../settings/settings';
import { StatusService } from '../status/status.service';
import { TemplateService } from '../template/template.service';
import { TEMPLATE_STATUSES } from '../template/template.types';
import { WebhookService } from '../webhook/webhook.service';
import { configSchema } from './config.schema';
import { ConfigService } from './config.service';
import { notFound, parse } from './parse';

const clockSchema = z.strictObject({ offsetMs: z.number() });
const templateStatusSchema = z.strictObject({
  status: z.enum(TEMPLATE_STATUSES),
  reason: z.string().nullable().optional(),
  /** Further keys of the webhook value, e.g. `other_info`. */
  extra: z.record(z.string(), z.unknown()).optional(),
});
const rawSchema = z.strictObject({
  body: z.unknown(),
  url: z.string().optional(),
  signature: z.enum(['valid', 'wrong', 'missing']).optional(),
  secret: z.string().optional(),
});

/** The levers: configuration, faults, the clock, raw webhooks. */
@Controller('control')
export class ControlController {
  constructor(
    private readonly config: ConfigService,
    private readonly settings: Settings,
    private readonly accounts: AccountStore,
    private readonly clock: Clock,
    private readonly faults: FaultStore,
    private readonly ledger: LedgerStore,
    private readonly customers: CustomerStore,
    private readonly conversations: ConversationStore,
    private readonly media: MediaStore,
    private readonly messages: MessageService,
    private readonly statuses: StatusService,
    private readonly templates: TemplateService,
    private readonly webhooks: WebhookService,
    private readonly events: PhoneEvents,
  ) {}

  @Put('config')
  putConfig(@Body() body: unknown): Json {
    this.config.apply(parse(configSchema, body));
    return this.config.view();
  }

  @Get('config')
  getConfig(): Json {
    return this.config.view();
  }

  /** Meta's own check of a callback address. */
  @Post('verify')
  @HttpCode(200)
  async verify(): Promise<Json> {
    if (!this.settings.webhookUrl) return { ok: false, error: 'no webhookUrl is configured' };
    const challenge = String(randomBytes(4).readUInt32BE());
    const url = new URL(this.settings.webhookUrl);
    url.searchParams.set('hub.mode', 'subscribe');
    url.searchParams.set('hub.challenge', challenge);
    url.searchParams.set('hub.verify_token', this.settings.verifyToken);
    try {
      const answer = await request(url, { headersTimeout: 10_000, bodyTimeout: 10_000 });
      const body = (await answer.body.text()).slice(0, 1000);
      return {
        ok: answer.statusCode === 200 && body === challenge,
        status: answer.statusCode,
        challenge,
        body,
      };
    } catch (error) {
      return { ok: false, error: error instanceof Error ? error.message : String(error) };
    }
  }

  @Post('webhooks')
  @HttpCode(200)
  async raw(@Body() body: unknown, @Query('wait') wait?: string): Promise<Json> {
    const { body: payload, url, signature, secret } = parse(rawSchema, body);
    const deliveryId = this.webhooks.raw({
      body: payload,
      ...(url ? { url } : {}),
      ...(signature ? { signature } : {}),
      ...(secret ? { secret } : {}),
    });
    if (wait !== 'true') return { deliveryId };
    const { state, attempts } = await this.webhooks.settled(deliveryId);
    return { deliveryId, state, attempts };
  }

  @Post('faults')
  addFault(@Body() body: unknown): Fault {
    return this.faults.add(parse(faultSchema, body));
  }

  @Get('faults')
  listFaults(): { data: Fault[] } {
    return { data: this.faults.list() };
  }

  @Delete('faults')
  clearFaults(): Json {
    return { removed: this.faults.clear() };
  }

  /** By id, or by `name` or `name|language` when an id is not at hand. */
  @Post('templates/:id/status')
  @HttpCode(200)
  templateStatus(@Param('id') id: string, @Body() body: unknown): Json {
    const { status, reason, extra } = parse(templateStatusSchema, body);
    const template =
      this.accounts.templates.get(id) ??
      [...this.accounts.templates.values()].find(
        (each) => each.name === id || `${each.name}|${each.language}` === id,
      );
    if (!template) throw notFound(`no template ${id}`);
    const deliveryId = this.templates.setStatus(template, status, reason ?? null, extra);
    return { id: template.id, status, deliveryId };
  }

  @Post('clock')
  @HttpCode(200)
  setClock(@Body() body: unknown): Json {
    this.clock.offsetMs = parse(clockSchema, body).offsetMs;
    return this.getClock();
  }

  @Get('clock')
  getClock(): Json {
    return { offsetMs: this.clock.offsetMs, now: new Date(this.clock.now()).toISOString() };
  }

  /** Everything as it was at the start. `?keepConfig=true` keeps accounts and settings. */
  @Post('reset')
  @HttpCode(200)
  reset(@Query('keepConfig') keepConfig?: string): Json {
    this.statuses.reset();
    this.webhooks.reset();
    this.messages.reset();
    this.templates.reset();
    this.faults.clear();
    this.conversations.clear();
    this.customers.clear();
    this.media.clear();
    this.ledger.clear(true);
    this.clock.offsetMs = 0;
    if (keepConfig !== 'true') {
      this.accounts.reset();
      this.settings.reset();
    }
    this.events.publish(() => ({ type: 'reset' }));
    return { reset: true };
  }
}
