import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiKeyExchange, keyIn } from './api-key.exchange';
import { RequestLimit, type RequestQuota } from './request-limit';

/** Lets machines in: behind it a request with an API key looks like any other, with an access token. */
@Injectable()
export class ApiKeyGate {
  constructor(
    private readonly exchange: ApiKeyExchange,
    private readonly limit: RequestLimit,
  ) {}

  /** @throws AppError unauthenticated, too_many_requests, unavailable */
  async pass(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const key = keyIn(request.headers.authorization);
    if (!key) return;
    const { token, principal } = await this.exchange.tokenFor(key);
    const quota = await this.limit.take(principal);
    if (quota) tell(reply, quota);
    request.headers.authorization = `Bearer ${token}`;
  }
}

/** As the IETF's draft on rate limit headers has it: requests that are left, and seconds until there are all again. */
function tell(reply: FastifyReply, { limit, remaining, resetsIn }: RequestQuota) {
  void reply.header('ratelimit-policy', `"key";q=${limit};w=60`);
  void reply.header('ratelimit', `"key";r=${remaining};t=${resetsIn}`);
}
