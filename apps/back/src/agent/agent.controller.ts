import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { agentMe } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AccessToken } from '../http/access-token.decorator';
import { Endpoint } from '../http/endpoint.decorator';
import { AgentDto } from './agent.dto';

@ApiTags('Agent')
@Controller('me')
export class AgentController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  @Endpoint({ summary: 'Who I am', answer: AgentDto, answerDescription: 'The agent whose token it is' })
  getMe(@AccessToken() token: string) {
    return this.rpc.call(agentMe, {}, { token });
  }
}
