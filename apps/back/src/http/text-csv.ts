import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppError } from '@scrm/platform';

/** For the routes that read a CSV file, as a stream and within limits of their own; no other takes one. */
export const READS_CSV = { readsCsv: true };

export function takeCsv(app: NestFastifyApplication) {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addContentTypeParser('text/csv', (request, payload, done) => {
    const { readsCsv } = request.routeOptions.config as Partial<typeof READS_CSV>;
    if (readsCsv) done(null, payload);
    else done(new AppError('unsupported_media_type', 'This takes no files: send JSON.'));
  });
}
