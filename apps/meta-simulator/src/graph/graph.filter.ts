import { ArgumentsHost, Catch, ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { GraphError } from './graph.error';

/** Whatever goes wrong on a Graph route leaves in Meta's shape. */
@Catch()
export class GraphFilter implements ExceptionFilter {
  private readonly logger = new Logger('Graph');

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const graph = this.translate(error);
    if (graph.options.retryAfter !== undefined) void reply.header('retry-after', graph.options.retryAfter);
    void reply.status(graph.http).send(graph.body());
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
