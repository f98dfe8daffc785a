import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import type { ConversationView } from '@scrm/contracts';
import { IsIn, IsNotEmpty, IsOptional, IsString, IsUUID, MaxLength, ValidateIf } from 'class-validator';
import { PageQuery, pageOf } from '../http/page.dto';

const STATUSES = ['open', 'closed'] as const;
const DIRECTIONS = ['in', 'out'] as const;

@ApiSchema({ name: 'Contact', description: 'A customer, or a group, as WhatsApp knows them.' })
export class ContactDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String, nullable: true, example: 'Sari Wulandari' })
  name!: string | null;

  @ApiProperty({ description: 'Their WhatsApp username.', type: String, nullable: true })
  username!: string | null;

  @ApiProperty({
    description: 'Their phone number, where they show it.',
    type: String,
    nullable: true,
    example: '6281210000001',
  })
  waId!: string | null;

  @ApiProperty({
    description: 'WhatsApp’s id of the person for this business.',
    type: String,
    nullable: true,
  })
  userId!: string | null;

  @ApiProperty({ description: 'WhatsApp’s id of the group, where it is one.', type: String, nullable: true })
  groupId!: string | null;
}

@ApiSchema({ name: 'LastMessage' })
export class LastMessageDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: DIRECTIONS, enumName: 'Direction' })
  direction!: 'in' | 'out';

  @ApiProperty({ example: 'text' })
  type!: string;

  @ApiProperty({
    description: 'Its beginning, to show in a list.',
    example: 'Halo! Apakah kopi Gayo masih ada?',
  })
  preview!: string;

  @ApiProperty({ format: 'date-time' })
  occurredAt!: string;
}

@ApiSchema({ name: 'Conversation', description: 'All that one customer and one sender wrote to each other.' })
export class ConversationDto implements ConversationView {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ format: 'uuid' })
  senderId!: string;

  @ApiProperty({ type: ContactDto })
  contact!: ContactDto;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  teamId!: string | null;

  @ApiProperty({
    description: 'The agent who answers; null while it waits in its team.',
    type: String,
    format: 'uuid',
    nullable: true,
  })
  assigneeId!: string | null;

  @ApiProperty({ enum: STATUSES, enumName: 'ConversationStatus' })
  status!: 'open' | 'closed';

  @ApiProperty({ type: 'integer', minimum: 0, example: 1 })
  unreadCount!: number;

  @ApiProperty({
    description:
      'Until then free text may be sent, afterwards only templates. Null if the customer never wrote.',
    type: String,
    format: 'date-time',
    nullable: true,
  })
  windowExpiresAt!: string | null;

  @ApiProperty({ type: LastMessageDto, nullable: true })
  lastMessage!: LastMessageDto | null;

  @ApiProperty({ description: '`seq` of its newest change.', type: 'integer', minimum: 0, example: 7 })
  lastSeq!: number;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;
}

export const ConversationPageDto = pageOf(ConversationDto, 'Conversation');

export class ConversationQuery extends PageQuery {
  @ApiPropertyOptional({ enum: STATUSES, enumName: 'ConversationStatus' })
  @IsOptional()
  @IsIn(STATUSES)
  status?: 'open' | 'closed';

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsUUID()
  senderId?: string;

  @ApiPropertyOptional({
    description: 'An agent, or `none` for what is assigned to nobody.',
    anyOf: [
      { type: 'string', format: 'uuid' },
      { type: 'string', enum: ['none'] },
    ],
  })
  @ValidateIf((query: ConversationQuery) => query.assigneeId !== undefined && query.assigneeId !== 'none')
  @IsUUID(undefined, { message: 'assigneeId must be a UUID or "none"' })
  assigneeId?: string;
}

@ApiSchema({ name: 'OpenConversation' })
export class OpenConversationDto {
  @ApiProperty({ description: 'The phone number of the business to write from.', format: 'uuid' })
  @IsUUID()
  senderId!: string;

  @ApiProperty({
    description: 'The customer’s number with its country code.',
    maxLength: 40,
    example: '+62 812 1000 0001',
  })
  @IsString()
  @IsNotEmpty()
  @MaxLength(40)
  phone!: string;

  @ApiPropertyOptional({ description: 'What to call them.', maxLength: 200, example: 'Sari Wulandari' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  name?: string;
}

@ApiSchema({ name: 'AssignConversation' })
export class AssignConversationDto {
  @ApiPropertyOptional({
    description: 'The agent who answers from now on; null gives it back to its team.',
    type: String,
    format: 'uuid',
    nullable: true,
  })
  @IsOptional()
  @IsUUID()
  assigneeId?: string | null;

  @ApiPropertyOptional({ description: 'The team that it belongs to from now on.', format: 'uuid' })
  // Not `IsOptional`, which lets null through: a conversation can leave its agent, but not its team.
  @ValidateIf((body: AssignConversationDto) => body.teamId !== undefined)
  @IsUUID()
  teamId?: string;
}
