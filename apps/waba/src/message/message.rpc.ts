import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { messageList, messageSend } from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import type { z } from 'zod';
import { MessageService } from './message.service';

@Controller()
export class MessageRpc {
  constructor(private readonly service: MessageService) {}

  @OnRpc(messageList, 'conversation.read')
  list(@FromCaller() caller: Caller, @Payload() request: z.output<typeof messageList.request>) {
    return this.service.list(caller, request);
  }

  @OnRpc(messageSend, 'message.send')
  send(@FromCaller() caller: Caller, @Payload() request: z.output<typeof messageSend.request>) {
    return this.service.send(caller, request);
  }
}
