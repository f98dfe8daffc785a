import { Body, Controller, Get, Patch, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { agentHandOverGet, agentList, agentMe, agentUpdate, profileUpdate } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AccessToken } from '../http/access-token.decorator';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { ApiId, Id } from '../http/id.decorator';
import {
  AgentDto,
  AgentListQuery,
  AgentUpdateDto,
  ColleagueDto,
  ColleaguePageDto,
  ProfileUpdateDto,
} from './agent.dto';
import { AgentHandOverDto } from './hand-over.dto';

@ApiTags('Agent')
@Controller()
export class AgentController {
  constructor(private readonly rpc: RpcClient) {}

  @Get('me')
  @Endpoint({ summary: 'Who I am', answer: AgentDto, answerDescription: 'The agent whose token it is' })
  getMe(@AccessToken() token: string) {
    return this.rpc.call(agentMe, {}, { token });
  }

  @Patch('me')
  @Endpoint({
    summary: 'Change what I say of myself',
    description: 'Skills, capacity and working hours are for admins to say.',
    answer: AgentDto,
    answerDescription: 'The agent as they are now',
    problems: BODY_PROBLEMS,
  })
  updateMe(@AccessToken() token: string, @Body() body: ProfileUpdateDto) {
    return this.rpc.call(profileUpdate, body, { token });
  }

  @Get('agents')
  @Endpoint({
    summary: 'List the agents of the business',
    answer: ColleaguePageDto,
    answerDescription: 'A page of agents; without `sort` in the order in which they were created',
    problems: ['invalid_cursor', 'forbidden'],
  })
  listAgents(@AccessToken() token: string, @Query() query: AgentListQuery) {
    return this.rpc.call(agentList, query, { token });
  }

  @Patch('agents/:id')
  @ApiId('agent')
  @Endpoint({
    summary: 'Change an agent',
    description:
      'Another role or status takes effect at once: the agent’s access tokens end (401 `unauthenticated`, sockets are ' +
      'closed with 4401), and the next ones say what they may do now. Whoever is deactivated is signed out everywhere, and their ' +
      'conversations go to whom `handOver` says. Without it, an agent with open conversations stays as they are (409 ' +
      '`hand_over_required`). They come back (`active`) when that is done.',
    answer: ColleagueDto,
    answerDescription: 'The agent as they are now',
    problems: [...BODY_PROBLEMS, 'forbidden', 'not_found', 'conflict', 'hand_over_required'],
  })
  updateAgent(@AccessToken() token: string, @Id() agentId: string, @Body() body: AgentUpdateDto) {
    return this.rpc.call(agentUpdate, { agentId, ...body }, { token });
  }

  @Get('agents/:id/hand-over')
  @ApiId('agent')
  @Endpoint({
    summary: 'How far the hand-over of an agent’s conversations is',
    answer: AgentHandOverDto,
    answerDescription: 'Their last one',
    problems: ['forbidden', 'not_found'],
  })
  getHandOver(@AccessToken() token: string, @Id() agentId: string) {
    return this.rpc.call(agentHandOverGet, { agentId }, { token });
  }
}
