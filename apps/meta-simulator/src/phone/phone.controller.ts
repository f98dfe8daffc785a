import {
  Body,
  Controller,
  Get,
  HttpCode,
  OnModuleDestroy,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { AccountStore } from '../account/account.store';
import { notFound, parse } from '../control/parse';
import { type Customer, CustomerStore } from '../customer/customer.store';
import { MediaStore } from '../media/media.store';
import type { Json } from '../message/check';
import { StatusService } from '../status/status.service';
import { type Conversation, ConversationStore } from '../phone/conversation.store';
import { PhoneEvents } from './phone.events';
import { phoneView } from './phone.view';

const chatSchema = z.strictObject({ phoneNumberId: z.string(), customer: z.string() });
const statusSchema = z.strictObject({
  wamid: z.string(),
  status: z.enum(['sent', 'delivered', 'read', 'failed']),
  code: z.number().int().optional(),
});

/** What the phone page reads, and the stream that keeps it fresh. */
@Controller('control/phone')
export class PhoneController implements OnModuleDestroy {
  private readonly streams = new Set<ServerResponse>();

  constructor(
    private readonly accounts: AccountStore,
    private readonly customers: CustomerStore,
    private readonly conversations: ConversationStore,
    private readonly media: MediaStore,
    private readonly statuses: StatusService,
    private readonly events: PhoneEvents,
  ) {}

  @Get('numbers')
  numbers(): { data: Json[] } {
    const data = [...this.accounts.phoneNumbers.values()].map((phone) => ({
      id: phone.id,
      displayPhoneNumber: phone.displayPhoneNumber,
      verifiedName: phone.verifiedName,
    }));
    return { data };
  }

  @Get('conversations')
  list(
    @Query('phoneNumberId') phoneNumberId?: string,
    @Query('customer') customer?: string,
    @Query('limit') limit?: string,
  ): { data: Json[] } {
    const who = customer === undefined ? undefined : this.customers.find(customer);
    if (customer !== undefined && !who) return { data: [] };
    const found = this.conversations.recent(Math.min(Number(limit) || 100, 1000), phoneNumberId, who);
    return { data: found.map((each) => this.summary(each)) };
  }

  @Get('messages')
  messages(
    @Query('phoneNumberId') phoneNumberId: string,
    @Query('customer') customer: string,
    @Query('limit') limit?: string,
  ): { data: Json[] } {
    const who = this.customers.find(customer ?? '');
    const conversation = who && this.conversations.find(phoneNumberId, who);
    const count = Math.min(Number(limit) || 200, 2000);
    return { data: (conversation?.messages ?? []).slice(-count).map(phoneView) };
  }

  /** The customer looks at the chat once; an open stream does it for as long as it lasts. */
  @Post('read')
  @HttpCode(200)
  read(@Body() body: unknown): { read: number } {
    const { phoneNumberId, customer } = parse(chatSchema, body);
    const who = this.customers.find(customer);
    const conversation = who && this.conversations.find(phoneNumberId, who);
    return { read: conversation ? this.statuses.readAll(conversation) : 0 };
  }

  /** One status by hand, whatever was planned. */
  @Post('status')
  @HttpCode(200)
  status(@Body() body: unknown): { told: true } {
    const { wamid, status, code } = parse(statusSchema, body);
    const outgoing = this.conversations.message(wamid)?.message.outgoing;
    if (!outgoing) throw notFound(`no business message ${wamid}`);
    this.statuses.tell(outgoing, status, code);
    return { told: true };
  }

  @Get('media/:id')
  file(@Param('id') id: string, @Res() reply: FastifyReply): void {
    const media = this.media.get(id);
    if (!media) throw notFound(`no media ${id}`);
    void reply
      .header('content-type', media.mime)
      .header('x-content-type-options', 'nosniff')
      .send(media.bytes);
  }

  /** Server-sent events. With `phoneNumberId` and `customer` this chat counts as open until the stream ends. */
  @Get('events')
  stream(
    @Req() req: FastifyRequest,
    @Res() reply: FastifyReply,
    @Query('phoneNumberId') phoneNumberId?: string,
    @Query('customer') customer?: string,
  ): void {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    raw.write('retry: 1000\n\n');
    const stop = this.events.subscribe((event) => {
      // A page that does not read is let go before it fills the memory; the browser comes back by itself.
      if (raw.writableLength > 4_000_000) raw.destroy();
      else raw.write(`data: ${JSON.stringify(event)}\n\n`);
    });
    const heartbeat = setInterval(() => raw.write(': \n\n'), 15_000);
    const who: Customer | undefined = customer ? this.customers.recipient(customer) : undefined;
    const chat = phoneNumberId && who ? this.conversations.get(phoneNumberId, who) : undefined;
    if (chat) {
      chat.open++;
      this.statuses.readAll(chat);
    }
    this.streams.add(raw);
    req.raw.once('close', () => {
      clearInterval(heartbeat);
      stop();
      if (chat) chat.open--;
      this.streams.delete(raw);
    });
  }

  onModuleDestroy(): void {
    for (const stream of this.streams) stream.end();
  }

  private summary(conversation: Conversation): Json {
    const { customer, phoneNumberId, lastAt, lastInboundAt, messages } = conversation;
    const last = messages.at(-1);
    const unread = messages.filter((each) => each.direction === 'out' && each.state !== 'read').length;
    return {
      phoneNumberId,
      customer,
      lastAt,
      lastInboundAt: lastInboundAt ?? null,
      unread,
      stoppedMarketing: conversation.stoppedMarketing,
      last: last ? phoneView(last) : null,
    };
  }
}
