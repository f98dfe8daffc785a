import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { presenceGet, presenceSet } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AccessToken } from '../http/access-token.decorator';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { OwnPresenceDto, PresenceChoiceDto } from './presence.dto';

@ApiTags('Agent')
@Controller('me/presence')
export class PresenceController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  @Endpoint({
    summary: 'What others see of me',
    answer: OwnPresenceDto,
    answerDescription: 'What I chose, and what it comes to',
  })
  getPresence(@AccessToken() token: string) {
    return this.rpc.call(presenceGet, {}, { token });
  }

  @Put()
  @Endpoint({
    summary: 'Say whether I am there, busy or away',
    description:
      'Colleagues see it in the list of agents, and their sockets hear of it in a `presence` frame. Who has no socket ' +
      'for a while is `offline`, whatever they chose.',
    answer: OwnPresenceDto,
    answerDescription: 'What I chose, and what it comes to',
    problems: BODY_PROBLEMS,
  })
  setPresence(@AccessToken() token: string, @Body() body: PresenceChoiceDto) {
    return this.rpc.call(presenceSet, body, { token });
  }
}
