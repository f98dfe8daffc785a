import { Body, Controller, Delete, Get, Param, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { sessionCreate, sessionList, sessionRefresh, sessionRevoke } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AccessToken } from '../http/access-token.decorator';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { deviceOf } from '../http/device';
import type { FastifyRequest } from 'fastify';
import {
  EndedSessionsDto,
  RefreshDto,
  SessionChoice,
  SessionListQuery,
  SessionPageDto,
  SessionTokensDto,
  SignInDto,
} from './session.dto';

@ApiTags('Session')
@Controller()
export class SessionController {
  constructor(private readonly rpc: RpcClient) {}

  @Post('auth/login')
  @Endpoint({
    summary: 'Sign in',
    description:
      'After five wrong passwords from one address each next try has to wait, a second at first and then twice as long ' +
      'each time, up to 15 minutes: 429 `too_many_requests` with `Retry-After`. Other addresses are not held up. ' +
      'Where the password is right and there is another step, the answer is 401 with a `challenge`: `mfa_required` ' +
      'goes on at `/auth/login/mfa`, `mfa_enrolment_required` at `/auth/mfa/totp`.',
    answer: SessionTokensDto,
    answerDescription: 'Tokens of a new session',
    problems: [
      ...BODY_PROBLEMS,
      'invalid_credentials',
      'mfa_required',
      'mfa_enrolment_required',
      'sso_required',
      'too_many_requests',
    ],
    public: true,
  })
  signIn(@Body() body: SignInDto, @Req() request: FastifyRequest) {
    return this.rpc.call(sessionCreate, { ...body, ...deviceOf(request) });
  }

  @Post('auth/refresh')
  @Endpoint({
    summary: 'Trade a refresh token for new tokens',
    description:
      'The refresh token that you send ends with it. If it is used a second time, somebody else has it: the whole ' +
      'session ends. Two tabs of the same browser that refresh within 10 seconds are let through.',
    answer: SessionTokensDto,
    answerDescription: 'Fresh tokens of the same session',
    problems: [...BODY_PROBLEMS, 'unauthenticated'],
    public: true,
  })
  refreshSession(@Body() body: RefreshDto) {
    return this.rpc.call(sessionRefresh, body);
  }

  @Get('me/sessions')
  @Endpoint({
    summary: 'Where I am signed in',
    answer: SessionPageDto,
    answerDescription: 'My sessions that are alive',
    problems: ['invalid_cursor'],
  })
  async listSessions(@AccessToken() token: string, @Query() query: SessionListQuery) {
    const { items, nextCursor = null } = await this.rpc.call(sessionList, query, { token });
    return { items, nextCursor };
  }

  @Delete('me/sessions/:which')
  @Endpoint({
    summary: 'Sign out',
    description:
      'Here (`current`), everywhere else (`others`), everywhere (`all`), or one session by its id. Within two seconds ' +
      'its access token is refused and its sockets are closed (4401).',
    answer: EndedSessionsDto,
    answerDescription: 'How many sessions ended',
    problems: ['not_found'],
  })
  endSessions(@AccessToken() token: string, @Param() { which }: SessionChoice) {
    return this.rpc.call(sessionRevoke, { which }, { token });
  }
}
