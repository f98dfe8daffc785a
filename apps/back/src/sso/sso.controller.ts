import { Body, Controller, Delete, Get, Post, Put, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  ssoConnectionDelete,
  ssoConnectionGet,
  ssoConnectionPut,
  ssoSignInFinish,
  ssoSignInStart,
} from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import type { FastifyRequest } from 'fastify';
import { AccessToken } from '../http/access-token.decorator';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { deviceOf } from '../http/device';
import { SessionTokensDto } from '../session/session.dto';
import { SsoCallbackDto, SsoConnectionDto, SsoConnectionPutDto, SsoStartDto, SsoStartedDto } from './sso.dto';

/** The identity provider is asked meanwhile. */
const PATIENCE = { timeoutMs: 15_000 };

@ApiTags('Single sign-on')
@Controller()
export class SsoController {
  constructor(private readonly rpc: RpcClient) {}

  @Get('sso-connection')
  @Endpoint({
    summary: 'How the business signs in',
    answer: SsoConnectionDto,
    answerDescription: 'The identity provider, without its secret',
    problems: ['forbidden', 'not_found'],
  })
  getSsoConnection(@AccessToken() token: string) {
    return this.rpc.call(ssoConnectionGet, {}, { token });
  }

  @Put('sso-connection')
  @Endpoint({
    summary: 'Set up single sign-on (OpenID Connect)',
    description:
      'Register `redirectUri` of the answer at the provider. Nobody is created by signing in: agents are invited as ever. ' +
      'With `enforced` only admins sign in by password, so that a broken provider locks nobody out for good.',
    answer: SsoConnectionDto,
    answerDescription: 'As it is now',
    problems: [...BODY_PROBLEMS, 'forbidden', 'no_sso'],
  })
  putSsoConnection(@AccessToken() token: string, @Body() body: SsoConnectionPutDto) {
    return this.rpc.call(ssoConnectionPut, body, { token });
  }

  @Delete('sso-connection')
  @Endpoint({
    summary: 'End single sign-on',
    description: 'Agents sign in by password again. Who they are at the provider is forgotten.',
    answer: SsoConnectionDto,
    answerDescription: 'As it was',
    problems: ['forbidden', 'not_found'],
  })
  deleteSsoConnection(@AccessToken() token: string) {
    return this.rpc.call(ssoConnectionDelete, {}, { token });
  }

  @Post('auth/sso/start')
  @Endpoint({
    summary: 'Begin to sign in at the identity provider',
    description:
      'By `email`, or by `tenantId` where the page belongs to one business. Keep `secret` in this browser ' +
      '(sessionStorage) and go to `url`; the provider comes back to `/sso/callback` of the console.',
    answer: SsoStartedDto,
    answerDescription: 'Where to go, and what to keep; good for ten minutes',
    problems: [...BODY_PROBLEMS, 'not_found', 'too_many_requests', 'no_sso', 'sso_provider_unavailable'],
    public: true,
  })
  startSso(@Body() body: SsoStartDto, @Req() { ip }: FastifyRequest) {
    return this.rpc.call(ssoSignInStart, { ...body, ip }, PATIENCE);
  }

  @Post('auth/sso/callback')
  @Endpoint({
    summary: 'Sign in by what the identity provider answered',
    description:
      'With `state`, `code` and `iss` of the address that the provider came back to, and the `secret` that this browser ' +
      'kept. Once. It takes an active agent of the business whose email the provider has verified.',
    answer: SessionTokensDto,
    answerDescription: 'Tokens of a new session',
    problems: [...BODY_PROBLEMS, 'sso_over', 'sso_refused', 'sso_provider_unavailable'],
    public: true,
  })
  finishSso(@Body() { iss, ...body }: SsoCallbackDto, @Req() device: FastifyRequest) {
    const request = { ...body, ...deviceOf(device), ...(iss && { issuer: iss }) };
    return this.rpc.call(ssoSignInFinish, request, PATIENCE);
  }
}
