import { ArgumentsHost, Catch, ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { AppError } from '@scrm/platform';
import type { FastifyReply } from 'fastify';
import { GraphError } from './graph.error';

function answer(error: GraphError, host: ArgumentsHost): void {
  const reply = host.switchToHttp().getResponse<FastifyReply>();
  if (error.options.retryAfter !== undefined) void reply.header('retry-after', error.options.retryAfter);
  void reply.status(error.http).send(error.body());
}

/** For the whole app: a Graph error may also come from a body parser, before any controller. */
@Catch(GraphError)
export class GraphErrorFilter implements ExceptionFilter {
  catch(error: GraphError, host: ArgumentsHost): void {
    answer(error, host);
  }
}

/** Whatever goes wrong on a Graph route leaves in Meta's shape. */
@Catch()
export class GraphFilter implements ExceptionFilter {
  private readonly logger = new Logger('Graph');

  catch(error: unknown, host: ArgumentsHost): void {
    // Thrown by the guard for a path that only looks like Graph's, such as a misspelt control route.
    if (error instanceof AppError) {
      const reply = host.switchToHttp().getResponse<FastifyReply>();
      void reply.status(error.status).type('application/problem+json').send(error.toProblem());
      return;
    }
    answer(this.translate(error), host);
  }

  private translate(error: unknown): GraphError {
    if (error instanceof GraphError) return error;
    if (error instanceof HttpException) {
      return new GraphError(100, undefined, { http: error.getStatus(), message: `(#100) ${error.message}` });
    }
    this.logger.error(error instanceof Error ? error.stack : String(error));
    return new GraphError(131000);
  }
}
