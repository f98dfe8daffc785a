import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { sessionCreate, sessionRefresh } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { RefreshDto, SessionTokensDto, SignInDto } from './session.dto';

@ApiTags('Session')
@Controller('auth')
export class SessionController {
  constructor(private readonly rpc: RpcClient) {}

  @Post('login')
  @Endpoint({
    summary: 'Sign in',
    answer: SessionTokensDto,
    answerDescription: 'Tokens of a new session',
    problems: [...BODY_PROBLEMS, 'invalid_credentials', 'too_many_requests'],
    public: true,
  })
  signIn(@Body() body: SignInDto) {
    return this.rpc.call(sessionCreate, body);
  }

  @Post('refresh')
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
}
