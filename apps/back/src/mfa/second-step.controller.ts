import { Body, Controller, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { mfaChallengeConfirm, mfaChallengeEnrol, sessionComplete } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import type { FastifyRequest } from 'fastify';
import { deviceOf } from '../http/device';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { SessionTokensDto } from '../session/session.dto';
import { ChallengeCodeDto, ChallengeTokenDto, FirstSessionDto, TotpSeedDto } from './mfa.dto';

@ApiTags('Session')
@Controller('auth')
export class SecondStepController {
  constructor(private readonly rpc: RpcClient) {}

  @Post('login/mfa')
  @Endpoint({
    summary: 'Sign in, the second step',
    description:
      'With the challenge of `mfa_required`. A code is good once. After five wrong ones the challenge is over, and each ' +
      'next try has to wait, as with passwords.',
    answer: SessionTokensDto,
    answerDescription: 'Tokens of a new session',
    problems: [
      ...BODY_PROBLEMS,
      'invalid_code',
      'invalid_credentials',
      'challenge_over',
      'too_many_requests',
    ],
    public: true,
  })
  completeSignIn(@Body() body: ChallengeCodeDto, @Req() request: FastifyRequest) {
    return this.rpc.call(sessionComplete, { ...body, ...deviceOf(request) });
  }

  @Post('mfa/totp')
  @Endpoint({
    summary: 'Set up an authenticator before the first session',
    description: 'With the challenge of `mfa_enrolment_required`.',
    answer: TotpSeedDto,
    answerDescription: 'What to tell the authenticator',
    status: 201,
    problems: [...BODY_PROBLEMS, 'challenge_over', 'conflict'],
    public: true,
  })
  enrolByChallenge(@Body() { challenge }: ChallengeTokenDto) {
    return this.rpc.call(mfaChallengeEnrol, { challenge });
  }

  @Post('mfa/totp/confirm')
  @Endpoint({
    summary: 'Confirm that authenticator, and sign in',
    answer: FirstSessionDto,
    answerDescription: 'Tokens of a new session, and ten recovery codes',
    problems: [
      ...BODY_PROBLEMS,
      'invalid_code',
      'invalid_credentials',
      'challenge_over',
      'conflict',
      'too_many_requests',
    ],
    public: true,
  })
  confirmByChallenge(@Body() body: ChallengeCodeDto, @Req() request: FastifyRequest) {
    return this.rpc.call(mfaChallengeConfirm, { ...body, ...deviceOf(request) });
  }
}
