import { Injectable, type PipeTransform } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { MESSAGE_STATUSES, type MessageStatus, type MessageView } from '@scrm/contracts';
import { AppError } from '@scrm/platform';
import { pageOf } from '../http/page.dto';

/**
 * The body of a message comes as it is: WhatsApp adds to its shapes faster than we could declare them. The waba
 * service, which knows them, checks it in depth.
 */
@Injectable()
export class MessageBodyPipe implements PipeTransform<unknown, Record<string, unknown>> {
  transform(body: unknown): Record<string, unknown> {
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      return body as Record<string, unknown>;
    const message = 'The body must be a JSON object, e.g. {"type":"text","text":{"body":"Hello"}}.';
    throw new AppError('invalid_request', message, [{ path: 'body', message }]);
  }
}

@ApiSchema({ name: 'MessageError', description: 'Why WhatsApp did not deliver it.' })
export class MessageErrorDto {
  @ApiProperty({ description: 'WhatsApp’s number of the error.', type: 'integer', example: 131026 })
  code!: number;

  @ApiPropertyOptional({ example: 'Message undeliverable' })
  title?: string;

  @ApiPropertyOptional()
  details?: string;
}

@ApiSchema({ name: 'Message' })
export class MessageDto implements MessageView {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ format: 'uuid' })
  conversationId!: string;

  @ApiProperty({
    description:
      'Its place in the conversation: sort by it. It grows with each visible change of the message.',
    type: 'integer',
    minimum: 1,
    example: 7,
  })
  seq!: number;

  @ApiProperty({ enum: ['in', 'out'], enumName: 'Direction' })
  direction!: 'in' | 'out';

  @ApiProperty({
    description: 'WhatsApp’s name of the type; `unsupported` where nobody could know it.',
    example: 'text',
  })
  type!: string;

  @ApiProperty({
    description: 'What is below the name of the type in WhatsApp’s own shape.',
    anyOf: [
      { type: 'object', additionalProperties: true, nullable: true },
      { type: 'array', items: { type: 'object', additionalProperties: true } },
    ],
    example: { body: 'Halo! Apakah kopi Gayo masih ada?' },
  })
  content!: unknown;

  @ApiProperty({
    description: 'WhatsApp’s id; null until WhatsApp has taken an outgoing message.',
    type: String,
    nullable: true,
  })
  wamid!: string | null;

  @ApiProperty({
    description:
      '`unknown`: it may have been sent, and WhatsApp has not said so yet. It is not sent again by itself.',
    enum: MESSAGE_STATUSES,
    enumName: 'MessageStatus',
  })
  status!: MessageStatus;

  @ApiProperty({ type: MessageErrorDto, nullable: true })
  error!: MessageErrorDto | null;

  @ApiProperty({ description: 'WhatsApp’s id of the message that it answers.', type: String, nullable: true })
  replyTo!: string | null;

  @ApiProperty({ description: 'In a group: who of it wrote.', type: String, nullable: true })
  author!: string | null;

  @ApiProperty({ description: 'The agent who sent it.', type: String, format: 'uuid', nullable: true })
  agentId!: string | null;

  @ApiProperty({ description: 'When the customer wrote it, or we took it for sending.', format: 'date-time' })
  occurredAt!: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;
}

export const MessagePageDto = pageOf(MessageDto, 'Message');
