import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { webhookDeliveryList, webhookDeliveryReplay } from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import type { z } from 'zod';
import { WebhookService } from './webhook.service';

@Controller()
export class WebhookRpc {
  constructor(private readonly service: WebhookService) {}

  @OnRpc(webhookDeliveryList, 'webhook-delivery.read')
  list(@FromCaller() caller: Caller, @Payload() request: z.output<typeof webhookDeliveryList.request>) {
    return this.service.list(caller, request);
  }

  @OnRpc(webhookDeliveryReplay, 'webhook-delivery.replay')
  replay(@FromCaller() caller: Caller, @Payload() request: z.output<typeof webhookDeliveryReplay.request>) {
    return this.service.replay(caller, request.deliveryId);
  }
}
