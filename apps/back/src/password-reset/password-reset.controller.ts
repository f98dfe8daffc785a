import { Body, Controller, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { passwordResetConfirm, passwordResetCreate } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import type { FastifyRequest } from 'fastify';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import {
  PasswordResetConfirmDto,
  PasswordResetDoneDto,
  PasswordResetDto,
  PasswordResetSentDto,
} from './password-reset.dto';

@ApiTags('Session')
@Controller('auth/password-reset')
export class PasswordResetController {
  constructor(private readonly rpc: RpcClient) {}

  @Post()
  @Endpoint({
    summary: 'Ask for a new password',
    description:
      'Whoever has this email gets a mail with a link, if they are an agent who may sign in: three in an hour at most. ' +
      'The answer does not tell. After five times from one address each next one has to wait: 429 with `Retry-After`. ' +
      'Where the system sends no mail: 501 `no_mail`.',
    answer: PasswordResetSentDto,
    answerDescription: 'The same for every email',
    status: 202,
    problems: [...BODY_PROBLEMS, 'too_many_requests', 'no_mail'],
    public: true,
  })
  resetPassword(@Body() { email }: PasswordResetDto, @Req() { ip }: FastifyRequest) {
    return this.rpc.call(passwordResetCreate, { email, ip });
  }

  @Post('confirm')
  @Endpoint({
    summary: 'Choose the new password',
    description: 'With the token of the link, once. Ends all sessions of the agent; then sign in.',
    answer: PasswordResetDoneDto,
    answerDescription: 'What to sign in with',
    problems: [...BODY_PROBLEMS, 'password_reset_over', 'weak_password', 'too_many_requests'],
    public: true,
  })
  confirmPasswordReset(@Body() body: PasswordResetConfirmDto) {
    return this.rpc.call(passwordResetConfirm, body);
  }
}
