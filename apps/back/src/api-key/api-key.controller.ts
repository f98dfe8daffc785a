import { Body, Controller, Delete, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { apiKeyCreate, apiKeyList, apiKeyRevoke } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AccessToken } from '../http/access-token.decorator';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { ApiId, Id } from '../http/id.decorator';
import { ApiKeyCreateDto, ApiKeyDto, ApiKeyListQuery, ApiKeyPageDto, NewApiKeyDto } from './api-key.dto';

@ApiTags('API keys')
@Controller('api-keys')
export class ApiKeyController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  @Endpoint({
    summary: 'List the API keys',
    answer: ApiKeyPageDto,
    answerDescription: 'A page of keys, the newest first',
    problems: ['invalid_cursor', 'forbidden'],
  })
  listApiKeys(@AccessToken() token: string, @Query() query: ApiKeyListQuery) {
    return this.rpc.call(apiKeyList, query, { token });
  }

  @Post()
  @Endpoint({
    summary: 'Make an API key',
    description:
      'For a machine, which sends it as `Authorization: Bearer <key>`. It may do what its permissions say, for ' +
      'everything of the business, and no more than who makes it; it makes no keys and no roles. Its requests a minute ' +
      'are limited: answers say how many are left (`RateLimit`, `RateLimit-Policy`), beyond is 429 ' +
      '`too_many_requests` with `Retry-After`.',
    status: 201,
    answer: NewApiKeyDto,
    answerDescription: 'The key, shown this once',
    problems: [...BODY_PROBLEMS, 'forbidden', 'conflict'],
  })
  createApiKey(@AccessToken() token: string, @Body() body: ApiKeyCreateDto) {
    return this.rpc.call(apiKeyCreate, body, { token });
  }

  @Delete(':id')
  @ApiId('API key')
  @Endpoint({
    summary: 'Revoke an API key',
    description: 'Within two seconds it is refused. Safe to repeat.',
    answer: ApiKeyDto,
    answerDescription: 'The key as it is now',
    problems: ['forbidden', 'not_found'],
  })
  revokeApiKey(@AccessToken() token: string, @Id() apiKeyId: string) {
    return this.rpc.call(apiKeyRevoke, { apiKeyId }, { token });
  }
}
