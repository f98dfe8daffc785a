import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { badParameter } from './graph/graph.error';
import { GraphErrorFilter } from './graph/graph.filter';
import { MAX_UPLOAD_BYTES } from './media/media.rules';

type Done = (error: Error | null, body?: unknown) => void;

// Room for the multipart frame around the largest file.
export const BODY_LIMIT = MAX_UPLOAD_BYTES + 1024 * 1024;

/** Bodies as this app needs them: JSON with Meta's own error when it is broken, and files as raw bytes. */
export function configureApp(app: NestFastifyApplication): void {
  app.useGlobalFilters(new GraphErrorFilter());
  const limit = { bodyLimit: BODY_LIMIT };
  const raw = (_req: FastifyRequest, body: Buffer, done: Done): void => done(null, body);
  app.useBodyParser('application/json', limit, ((req: FastifyRequest, body: Buffer, done: Done) => {
    // Clients that always set the header, also without a body, are let through.
    if (body.length === 0) return done(null, undefined);
    try {
      done(null, JSON.parse(body.toString('utf8')));
    } catch {
      const problem = badParameter('The request body is not valid JSON.');
      done(
        /^\/v\d+\.\d+\//.test(req.url)
          ? problem
          : Object.assign(new Error(problem.message), { statusCode: 400 }),
      );
    }
  }) as never);
  app.useBodyParser('application/x-www-form-urlencoded', limit, ((
    _req: FastifyRequest,
    body: Buffer,
    done: Done,
  ) => done(null, Object.fromEntries(new URLSearchParams(body.toString('utf8'))))) as never);
  for (const type of [
    'multipart/form-data',
    /^(image|audio|video)\//,
    'application/octet-stream',
    'application/pdf',
  ]) {
    app.useBodyParser(type as string, limit, raw as never);
  }
}
