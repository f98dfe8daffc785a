import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { toAppError } from './errors';
import type { Logger } from './logger';
import { isTransient } from './transient';

/** Every error of an HTTP handler leaves as RFC 9457 problem+json. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost) {
    if (host.getType() !== 'http') throw error;
    const problem = toAppError(error);
    if (problem.status >= 500 && problem.code === 'internal')
      this.logger.error({ err: error }, 'request failed');
    else if (isTransient(error)) this.logger.warn({ err: error }, 'request could not be done now');
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (problem.retryAfter !== undefined) void reply.header('retry-after', String(problem.retryAfter));
    void reply.code(problem.status).type('application/problem+json').send(problem.toProblem());
  }
}
