import { Body, Controller, Headers, HttpCode, Post, Query } from '@nestjs/common';
import { AppError } from '@scrm/platform';
import { AccountStore } from '../account/account.store';
import { notFound, parse } from '../control/parse';
import { MediaStore } from '../media/media.store';
import type { Json } from '../message/check';
import { WebhookService } from '../webhook/webhook.service';
import { CustomerService } from './customer.service';
import { bulkSchema, inboundSchema, preferenceSchema } from './inbound.schema';

@Controller('control/customers')
export class CustomerController {
  constructor(
    private readonly service: CustomerService,
    private readonly accounts: AccountStore,
    private readonly media: MediaStore,
    private readonly webhooks: WebhookService,
  ) {}

  @Post('messages')
  @HttpCode(200)
  async write(@Body() body: unknown, @Query('wait') wait?: string): Promise<Json> {
    const written = this.service.write(parse(inboundSchema, body));
    if (wait !== 'true' || !written.deliveryId) return { ...written };
    const { state, attempts } = await this.webhooks.settled(written.deliveryId);
    return { ...written, state, attempts };
  }

  @Post('messages/bulk')
  @HttpCode(200)
  async writeMany(@Body() body: unknown, @Query('wait') wait?: string): Promise<Json> {
    const { messages, perDelivery } = parse(bulkSchema, body);
    const written = this.service.writeMany(messages, perDelivery);
    if (wait === 'true') await Promise.all(written.deliveryIds.map((id) => this.webhooks.settled(id)));
    return { ...written };
  }

  @Post('preferences')
  @HttpCode(200)
  prefer(@Body() body: unknown): Json {
    return { deliveryId: this.service.prefer(parse(preferenceSchema, body)) };
  }

  /** A file the customer will send; the body is the file itself. */
  @Post('media')
  @HttpCode(200)
  upload(
    @Body() body: unknown,
    @Query('phoneNumberId') phoneNumberId: string,
    @Query('filename') filename: string | undefined,
    @Headers('content-type') mime: string,
  ): Json {
    const phone = this.accounts.phoneNumbers.get(phoneNumberId);
    if (!phone) throw notFound(`no phone number ${phoneNumberId}`);
    if (!Buffer.isBuffer(body)) throw new AppError('invalid_request', 'the body must be the bytes of a file');
    const media = this.media.put({
      wabaId: phone.waba.id,
      phoneNumberId: phone.id,
      mime,
      bytes: body,
      ...(filename ? { filename } : {}),
    });
    return { id: media.id, mime_type: media.mime, file_size: media.bytes.length };
  }
}
