import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { securityPolicyGet, securityPolicyUpdate } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AccessToken } from '../http/access-token.decorator';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { SecurityPolicyDto } from './security-policy.dto';

@ApiTags('Second factor')
@Controller('security-policy')
export class SecurityPolicyController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  @Endpoint({
    summary: 'What the business asks of those who sign in',
    answer: SecurityPolicyDto,
    answerDescription: 'The policy',
    problems: ['forbidden'],
  })
  getSecurityPolicy(@AccessToken() token: string) {
    return this.rpc.call(securityPolicyGet, {}, { token });
  }

  @Put()
  @Endpoint({
    summary: 'Say what the business asks of those who sign in',
    description:
      'Takes effect at once: who has such a role and no second factor is signed out, and sets one up when they sign in ' +
      'again. Whoever asks for it must have one themselves, if it is for their role.',
    answer: SecurityPolicyDto,
    answerDescription: 'The policy',
    problems: [...BODY_PROBLEMS, 'forbidden', 'conflict'],
  })
  setSecurityPolicy(@AccessToken() token: string, @Body() body: SecurityPolicyDto) {
    return this.rpc.call(securityPolicyUpdate, body, { token });
  }
}
