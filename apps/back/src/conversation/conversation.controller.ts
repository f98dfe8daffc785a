import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  conversationAssign,
  conversationGet,
  conversationList,
  conversationOpen,
  conversationRead,
} from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AccessToken } from '../http/access-token.decorator';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { ApiId, Id } from '../http/id.decorator';
import {
  AssignConversationDto,
  ConversationDto,
  ConversationPageDto,
  ConversationQuery,
  OpenConversationDto,
} from './conversation.dto';

@ApiTags('Conversations')
@Controller('conversations')
export class ConversationController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  @Endpoint({
    summary: 'My inbox, last active first',
    description:
      'An agent sees what is assigned to them and what waits unassigned in their teams; a leader sees all of their ' +
      'teams; an admin sees everything.',
    answer: ConversationPageDto,
    answerDescription: 'A page of conversations',
    problems: ['invalid_cursor', 'forbidden'],
  })
  listConversations(@AccessToken() token: string, @Query() query: ConversationQuery) {
    return this.rpc.call(conversationList, query, { token });
  }

  @Post()
  @Endpoint({
    summary: 'Open the conversation with a phone number, or find it',
    description: 'To write first. WhatsApp then takes a template only, until the customer answers.',
    answer: ConversationDto,
    answerDescription: 'The conversation, new or not',
    problems: [...BODY_PROBLEMS, 'not_found', 'forbidden'],
  })
  openConversation(@AccessToken() token: string, @Body() body: OpenConversationDto) {
    return this.rpc.call(conversationOpen, body, { token });
  }

  @Get(':id')
  @ApiId('conversation')
  @Endpoint({
    summary: 'Get a conversation',
    answer: ConversationDto,
    answerDescription: 'The conversation',
    problems: ['not_found', 'forbidden'],
  })
  getConversation(@AccessToken() token: string, @Id() conversationId: string) {
    return this.rpc.call(conversationGet, { conversationId }, { token });
  }

  @Post(':id/read')
  @ApiId('conversation')
  @Endpoint({
    summary: 'Mark everything in it as read',
    answer: ConversationDto,
    answerDescription: 'The conversation, with nothing unread',
    problems: ['not_found', 'forbidden'],
  })
  readConversation(@AccessToken() token: string, @Id() conversationId: string) {
    return this.rpc.call(conversationRead, { conversationId }, { token });
  }

  @Post(':id/assign')
  @ApiId('conversation')
  @Endpoint({
    summary: 'Hand it to an agent or a team, or give it back',
    description: 'To an agent who is active (409 `conflict`) and to teams of the business only (404).',
    answer: ConversationDto,
    answerDescription: 'The conversation, with whom it is now',
    problems: [...BODY_PROBLEMS, 'not_found', 'forbidden', 'conflict'],
  })
  assignConversation(
    @AccessToken() token: string,
    @Id() conversationId: string,
    @Body() body: AssignConversationDto,
  ) {
    return this.rpc.call(conversationAssign, { ...body, conversationId }, { token });
  }
}
