import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { AppError } from '@scrm/platform';
import jwt from 'jsonwebtoken';
import { PUBLIC } from '../http/endpoint.decorator';

/** Every route asks for a valid token, unless its {@link Endpoint} says that it is public. */
@Injectable()
export class AccessGuard extends AuthGuard('jwt') {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  override canActivate(context: ExecutionContext) {
    return this.reflector.get<boolean>(PUBLIC, context.getHandler()) ? true : super.canActivate(context);
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
