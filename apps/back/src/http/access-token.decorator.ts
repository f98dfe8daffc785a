import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { bearerToken } from '@scrm/platform';
import type { FastifyRequest } from 'fastify';

/** The caller's own token: it goes along with the question, and the service that owns the data checks it. */
export const AccessToken = createParamDecorator((_: unknown, context: ExecutionContext): string =>
  bearerToken(context.switchToHttp().getRequest<FastifyRequest>().headers.authorization),
);
