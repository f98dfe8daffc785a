import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { SenderView } from '@scrm/contracts';
import { pageOf } from '../http/page.dto';

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

  @ApiProperty({ description: '`paused`: messages wait and are not sent.', enum: ['active', 'paused'] })
  status!: 'active' | 'paused';

  @ApiProperty({ type: String, nullable: true })
  pausedReason!: string | null;
}

export const SenderPageDto = pageOf(SenderDto, 'Sender');
