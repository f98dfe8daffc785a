import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { webhookDeliverySort, webhookDeliveryView, type WebhookDeliveryView } from '@scrm/contracts';
import { IsIn, IsOptional } from 'class-validator';
import type { z } from 'zod';
import { PageQuery, pageOf, Sort } from '../http/page.dto';

const STATUSES = webhookDeliveryView.shape.status.options;
type Status = WebhookDeliveryView['status'];

@ApiSchema({ name: 'WebhookDelivery', description: 'What WhatsApp delivered, as it came in.' })
export class WebhookDeliveryDto implements WebhookDeliveryView {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ format: 'date-time' })
  receivedAt!: string;

  @ApiProperty({
    description:
      '`poison`: signed, but not JSON. `unrouted`: for a number that nobody registered. `quarantined`: it failed ' +
      'again and again; replay it when the cause is gone.',
    enum: STATUSES,
    enumName: 'WebhookDeliveryStatus',
  })
  status!: Status;

  @ApiProperty({ description: 'Why it was not processed.', type: String, nullable: true })
  reason!: string | null;

  @ApiProperty({ type: 'integer', example: 1 })
  attempts!: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  replayedAt!: string | null;
}

export const WebhookDeliveryPageDto = pageOf(WebhookDeliveryDto, 'WebhookDelivery');

export class WebhookDeliveryQuery extends PageQuery {
  @ApiPropertyOptional({ enum: STATUSES, enumName: 'WebhookDeliveryStatus' })
  @IsOptional()
  @IsIn(STATUSES)
  status?: Status;

  @Sort(webhookDeliverySort.options, '-receivedAt')
  sort?: z.infer<typeof webhookDeliverySort>;
}

@ApiSchema({ name: 'Replay' })
export class ReplayDto {
  @ApiProperty({ format: 'uuid' })
  deliveryId!: string;

  @ApiProperty({ description: 'How many items went in again.', type: 'integer', example: 1 })
  replayedItems!: number;
}
