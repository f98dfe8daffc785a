import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { AppError } from '@scrm/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import jwt from 'jsonwebtoken';
import { ApiKeyGate } from '../api-key/api-key.gate';
import { PUBLIC } from '../http/endpoint.decorator';

/** Every route asks for a valid token, unless its {@link Endpoint} says that it is public. */
@Injectable()
export class AccessGuard extends AuthGuard('jwt') {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ApiKeyGate,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.get<boolean>(PUBLIC, context.getHandler())) return true;
    const http = context.switchToHttp();
    await this.keys.pass(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
    return (await super.canActivate(context)) as boolean;
  }

  /** Passport hands back what was wrong as `error` or as `info`, depending on who found it. */
  override handleRequest<User>(error: unknown, user: User | false, info: unknown): User {
    if (user && !error) return user;
    const reason = [error, info].find((r) => r instanceof AppError);
    if (reason) throw reason;
    throw new AppError(
      'unauthenticated',
      info instanceof jwt.TokenExpiredError
        ? 'The access token has expired: refresh it.'
        : 'The access token is not valid: sign in again.',
    );
  }
}
