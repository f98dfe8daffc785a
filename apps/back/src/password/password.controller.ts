import { Body, Controller, Put, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { passwordChange } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import type { FastifyRequest } from 'fastify';
import { AccessToken } from '../http/access-token.decorator';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { EndedSessionsDto } from '../session/session.dto';
import { PasswordChangeDto } from './password.dto';

@ApiTags('Session')
@Controller('me/password')
export class PasswordController {
  constructor(private readonly rpc: RpcClient) {}

  @Put()
  @Endpoint({
    summary: 'Change my password',
    description: 'Signs me out everywhere else. This session goes on.',
    answer: EndedSessionsDto,
    answerDescription: 'How many other sessions ended',
    problems: [...BODY_PROBLEMS, 'invalid_credentials', 'weak_password', 'too_many_requests', 'conflict'],
  })
  changePassword(
    @AccessToken() token: string,
    @Body() body: PasswordChangeDto,
    @Req() { ip }: FastifyRequest,
  ) {
    return this.rpc.call(passwordChange, { ...body, ip }, { token });
  }
}
