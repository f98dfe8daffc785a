import { crashPoint } from '@scrm/platform';
import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { messageList, messageSend } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AccessToken } from '../http/access-token.decorator';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { ApiId, Id } from '../http/id.decorator';
import { ApiIdempotencyKey, IdempotencyKey } from '../http/idempotency-key.decorator';
import { PageQuery } from '../http/page.dto';
import { MESSAGE_BODY_EXAMPLES, MESSAGE_BODY_REF } from './message-body.schema';
import { MessageBodyPipe, MessageDto, MessagePageDto } from './message.dto';

@ApiTags('Messages')
@Controller('conversations/:id/messages')
export class MessageController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  @ApiId('conversation')
  @Endpoint({
    summary: 'List messages, newest first',
    answer: MessagePageDto,
    answerDescription: 'A page of messages',
    problems: ['not_found', 'invalid_cursor', 'forbidden'],
  })
  listMessages(@AccessToken() token: string, @Id() conversationId: string, @Query() query: PageQuery) {
    return this.rpc.call(messageList, { ...query, conversationId }, { token });
  }

  @Post()
  @ApiId('conversation')
  @ApiIdempotencyKey()
  @ApiBody({ schema: MESSAGE_BODY_REF, examples: MESSAGE_BODY_EXAMPLES })
  @Endpoint({
    summary: 'Send a message',
    description:
      'The message is stored when this answers, and is sent right after it. What becomes of it (`sent`, `delivered`, ' +
      '`read`, `failed`) comes over the socket and shows in its `status`.',
    status: 202,
    answer: MessageDto,
    answerDescription: 'Stored, and on its way',
    problems: [
      'not_found',
      'forbidden',
      ...BODY_PROBLEMS,
      'invalid_message',
      'window_closed',
      'template_not_usable',
      'idempotency_key_reused',
    ],
  })
  async sendMessage(
    @AccessToken() token: string,
    @Id() conversationId: string,
    @IdempotencyKey() idempotencyKey: string,
    @Body(MessageBodyPipe) message: Record<string, unknown>,
  ) {
    crashPoint('send.asked');
    const sent = await this.rpc.call(messageSend, { conversationId, idempotencyKey, message }, { token });
    crashPoint('send.answered');
    return sent;
  }
}
