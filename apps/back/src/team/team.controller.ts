import { Body, Controller, Delete, Get, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  teamCreate,
  teamDelete,
  teamList,
  teamMemberList,
  teamMemberPut,
  teamMemberRemove,
  teamUpdate,
} from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AccessToken } from '../http/access-token.decorator';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { ApiId, Id } from '../http/id.decorator';
import {
  TeamDto,
  TeamListQuery,
  TeamMemberDto,
  TeamMemberListQuery,
  TeamMemberPageDto,
  TeamMemberPutDto,
  TeamNameDto,
  TeamPageDto,
} from './team.dto';

const TOKENS_END =
  'access tokens end at once (401 `unauthenticated`, sockets are closed with 4401); the next ones say the teams as ' +
  'they are then.';

@ApiTags('Teams')
@Controller('teams')
export class TeamController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  @Endpoint({
    summary: 'List the teams of the business',
    answer: TeamPageDto,
    answerDescription: 'A page of teams',
    problems: ['invalid_cursor', 'forbidden'],
  })
  listTeams(@AccessToken() token: string, @Query() query: TeamListQuery) {
    return this.rpc.call(teamList, query, { token });
  }

  @Post()
  @Endpoint({
    summary: 'Make a team',
    status: 201,
    answer: TeamDto,
    answerDescription: 'The team, with nobody in it',
    problems: [...BODY_PROBLEMS, 'forbidden', 'conflict'],
  })
  createTeam(@AccessToken() token: string, @Body() { name }: TeamNameDto) {
    return this.rpc.call(teamCreate, { name }, { token });
  }

  @Patch(':id')
  @ApiId('team')
  @Endpoint({
    summary: 'Rename a team',
    answer: TeamDto,
    answerDescription: 'The team as it is now',
    problems: [...BODY_PROBLEMS, 'forbidden', 'not_found', 'conflict'],
  })
  updateTeam(@AccessToken() token: string, @Id() teamId: string, @Body() { name }: TeamNameDto) {
    return this.rpc.call(teamUpdate, { teamId, name }, { token });
  }

  @Delete(':id')
  @ApiId('team')
  @Endpoint({
    summary: 'Delete a team',
    description:
      `Its members’ ${TOKENS_END} Its conversations stay, and so do new ones of a number whose default team it was: ` +
      'unassigned, they are seen by admins only until they are handed to another team.',
    answer: TeamDto,
    answerDescription: 'The team as it was',
    problems: ['forbidden', 'not_found'],
  })
  deleteTeam(@AccessToken() token: string, @Id() teamId: string) {
    return this.rpc.call(teamDelete, { teamId }, { token });
  }

  @Get(':id/members')
  @ApiId('team')
  @Endpoint({
    summary: 'List who is in a team',
    answer: TeamMemberPageDto,
    answerDescription: 'A page of members; without `sort` in the order in which the agents were created',
    problems: ['invalid_cursor', 'forbidden', 'not_found'],
  })
  listTeamMembers(@AccessToken() token: string, @Id() teamId: string, @Query() query: TeamMemberListQuery) {
    return this.rpc.call(teamMemberList, { teamId, ...query }, { token });
  }

  @Put(':id/members/:agentId')
  @ApiId('team')
  @ApiId('agent', 'agentId')
  @Endpoint({
    summary: 'Take an agent into a team, or change whether they lead it',
    description: `Safe to repeat. Where somebody comes into the team, their ${TOKENS_END}`,
    answer: TeamMemberDto,
    answerDescription: 'The member as they are now',
    problems: [...BODY_PROBLEMS, 'forbidden', 'not_found'],
  })
  putTeamMember(
    @AccessToken() token: string,
    @Id() teamId: string,
    @Id('agentId') agentId: string,
    @Body() { leader }: TeamMemberPutDto,
  ) {
    return this.rpc.call(teamMemberPut, { teamId, agentId, leader }, { token });
  }

  @Delete(':id/members/:agentId')
  @ApiId('team')
  @ApiId('agent', 'agentId')
  @Endpoint({
    summary: 'Take an agent out of a team',
    description: `Their ${TOKENS_END} Conversations that are assigned to them stay so.`,
    answer: TeamMemberDto,
    answerDescription: 'The member as they were',
    problems: ['forbidden', 'not_found'],
  })
  removeTeamMember(@AccessToken() token: string, @Id() teamId: string, @Id('agentId') agentId: string) {
    return this.rpc.call(teamMemberRemove, { teamId, agentId }, { token });
  }
}
