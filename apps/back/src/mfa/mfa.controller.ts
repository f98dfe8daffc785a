import { Body, Controller, Delete, Get, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { mfaConfirm, mfaEnrol, mfaGet, mfaRemove, mfaReset, recoveryCodeCreate } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import type { FastifyRequest } from 'fastify';
import { AccessToken } from '../http/access-token.decorator';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { ApiId, Id } from '../http/id.decorator';
import { CodeDto, CurrentPasswordDto, MfaDto, ProofDto, RecoveryCodesDto, TotpSeedDto } from './mfa.dto';

@ApiTags('Second factor')
@Controller()
export class MfaController {
  constructor(private readonly rpc: RpcClient) {}

  @Get('me/mfa')
  @Endpoint({ summary: 'My second factor', answer: MfaDto, answerDescription: 'Whether I have one' })
  getMfa(@AccessToken() token: string) {
    return this.rpc.call(mfaGet, {}, { token });
  }

  @Post('me/mfa/totp')
  @Endpoint({
    summary: 'Set up an authenticator',
    description:
      'It counts once a code of it was confirmed; asked again before that, the seed is another one.',
    answer: TotpSeedDto,
    answerDescription: 'What to tell the authenticator',
    status: 201,
    problems: [...BODY_PROBLEMS, 'invalid_credentials', 'too_many_requests', 'conflict'],
  })
  enrolTotp(@AccessToken() token: string, @Body() body: CurrentPasswordDto, @Req() { ip }: FastifyRequest) {
    return this.rpc.call(mfaEnrol, { ...body, ip }, { token });
  }

  @Post('me/mfa/totp/confirm')
  @Endpoint({
    summary: 'Confirm my authenticator',
    description: 'From now on signing in takes a code. All my other sessions end.',
    answer: RecoveryCodesDto,
    answerDescription: 'Ten recovery codes',
    problems: [...BODY_PROBLEMS, 'invalid_code', 'too_many_requests', 'conflict'],
  })
  confirmTotp(@AccessToken() token: string, @Body() body: CodeDto, @Req() { ip }: FastifyRequest) {
    return this.rpc.call(mfaConfirm, { ...body, ip }, { token });
  }

  @Post('me/mfa/remove')
  @Endpoint({
    summary: 'Remove my second factor',
    description: 'Not where my role must have one. By POST, since a body of DELETE gets lost on the way.',
    answer: MfaDto,
    answerDescription: 'It is gone',
    problems: [...BODY_PROBLEMS, 'invalid_credentials', 'invalid_code', 'too_many_requests', 'conflict'],
  })
  removeMfa(@AccessToken() token: string, @Body() body: ProofDto, @Req() { ip }: FastifyRequest) {
    return this.rpc.call(mfaRemove, { ...body, ip }, { token });
  }

  @Post('me/mfa/recovery-codes')
  @Endpoint({
    summary: 'Get new recovery codes',
    description: 'Those before are worth nothing any more.',
    answer: RecoveryCodesDto,
    answerDescription: 'Ten recovery codes',
    status: 201,
    problems: [...BODY_PROBLEMS, 'invalid_credentials', 'invalid_code', 'too_many_requests', 'conflict'],
  })
  renewRecoveryCodes(@AccessToken() token: string, @Body() body: ProofDto, @Req() { ip }: FastifyRequest) {
    return this.rpc.call(recoveryCodeCreate, { ...body, ip }, { token });
  }

  @Delete('agents/:id/mfa')
  @ApiId('agent')
  @Endpoint({
    summary: 'Take an agent’s second factor away',
    description: 'For whoever lost theirs. They are signed out everywhere. Not one’s own.',
    answer: MfaDto,
    answerDescription: 'It is gone',
    problems: ['forbidden', 'not_found', 'conflict'],
  })
  resetMfa(@AccessToken() token: string, @Id() agentId: string) {
    return this.rpc.call(mfaReset, { agentId }, { token });
  }
}
