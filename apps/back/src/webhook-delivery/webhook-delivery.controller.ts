import { Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { webhookDeliveryList, webhookDeliveryReplay } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AccessToken } from '../http/access-token.decorator';
import { Endpoint } from '../http/endpoint.decorator';
import { ApiId, Id } from '../http/id.decorator';
import { ReplayDto, WebhookDeliveryPageDto, WebhookDeliveryQuery } from './webhook-delivery.dto';

@ApiTags('Webhook deliveries')
@Controller('webhook-deliveries')
export class WebhookDeliveryController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  @Endpoint({
    summary: 'List what WhatsApp delivered, newest first',
    answer: WebhookDeliveryPageDto,
    answerDescription: 'A page of deliveries',
    problems: ['invalid_cursor', 'forbidden'],
  })
  listWebhookDeliveries(@AccessToken() token: string, @Query() query: WebhookDeliveryQuery) {
    return this.rpc.call(webhookDeliveryList, query, { token });
  }

  @Post(':id/replay')
  @ApiId('delivery')
  @Endpoint({
    summary: 'Put a delivery on the road in again',
    description: 'What is already stored stays as it is, so this is safe to repeat.',
    status: 202,
    answer: ReplayDto,
    answerDescription: 'On its way',
    problems: ['not_found', 'forbidden'],
  })
  replayWebhookDelivery(@AccessToken() token: string, @Id() deliveryId: string) {
    return this.rpc.call(webhookDeliveryReplay, { deliveryId }, { token });
  }
}
