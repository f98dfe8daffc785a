import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { senderSort, senderView, type SenderView } from '@scrm/contracts';
import { IsIn, IsOptional } from 'class-validator';
import type { z } from 'zod';
import { PageQuery, pageOf, Search, Sort } from '../http/page.dto';

const STATUSES = senderView.shape.status.options;

@ApiSchema({ name: 'Sender', description: 'A phone number of the business on WhatsApp.' })
export class SenderDto implements SenderView {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Kopi Nusantara Sales' })
  name!: string;

  @ApiProperty({ example: '+62 811 1000 001' })
  displayPhoneNumber!: string;

  @ApiProperty({ description: 'WhatsApp’s id of the number.', example: '106540352242922' })
  phoneNumberId!: string;

  @ApiProperty({
    description: 'New customers of this number go to this team.',
    type: String,
    format: 'uuid',
    nullable: true,
  })
  defaultTeamId!: string | null;

  @ApiProperty({ description: '`paused`: messages wait and are not sent.', enum: STATUSES })
  status!: 'active' | 'paused';

  @ApiProperty({ type: String, nullable: true })
  pausedReason!: string | null;
}

export const SenderPageDto = pageOf(SenderDto, 'Sender');

export class SenderListQuery extends PageQuery {
  @Search('Only numbers with this in their name or number')
  q?: string;

  @ApiPropertyOptional({ enum: STATUSES })
  @IsOptional()
  @IsIn(STATUSES)
  status?: SenderView['status'];

  @Sort(senderSort.options, 'createdAt')
  sort?: z.infer<typeof senderSort>;
}
