import { Body, HttpCode, Post, Req } from '@nestjs/common';
import { GraphController } from '../graph/graph.decorator';
import { GraphAccess } from '../graph/graph.guard';
import type { GraphRequest } from '../graph/graph.request';
import type { Json } from './check';
import { isObject } from './check';
import { MessageService } from './message.service';
import { ReceiptService } from './receipt.service';

@GraphController()
export class MessageController {
  constructor(
    private readonly access: GraphAccess,
    private readonly messages: MessageService,
    private readonly receipts: ReceiptService,
  ) {}

  @Post(':id/messages')
  @HttpCode(200)
  send(@Req() req: GraphRequest, @Body() body: unknown): Json {
    const phone = this.access.phone(req);
    if (isObject(body) && body.status !== undefined) return this.receipts.receive(body);
    return this.messages.send(phone, body as Json, req.faultEffect);
  }
}
