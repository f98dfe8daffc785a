import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  conversationAssign,
  conversationGet,
  conversationList,
  conversationOpen,
  conversationRead,
} from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import type { z } from 'zod';
import { ConversationService } from './conversation.service';

@Controller()
export class ConversationRpc {
  constructor(private readonly service: ConversationService) {}

  @OnRpc(conversationList, 'conversation.read')
  list(@FromCaller() caller: Caller, @Payload() request: z.output<typeof conversationList.request>) {
    return this.service.list(caller, request);
  }

  @OnRpc(conversationGet, 'conversation.read')
  get(@FromCaller() caller: Caller, @Payload() request: z.output<typeof conversationGet.request>) {
    return this.service.get(caller, request.conversationId);
  }

  @OnRpc(conversationOpen, 'message.send')
  open(@FromCaller() caller: Caller, @Payload() request: z.output<typeof conversationOpen.request>) {
    return this.service.open(caller, request);
  }

  @OnRpc(conversationRead, 'message.send')
  read(@FromCaller() caller: Caller, @Payload() request: z.output<typeof conversationRead.request>) {
    return this.service.read(caller, request.conversationId);
  }

  @OnRpc(conversationAssign, 'conversation.assign')
  assign(@FromCaller() caller: Caller, @Payload() request: z.output<typeof conversationAssign.request>) {
    return this.service.assign(caller, request);
  }
}
