import helmet from '@fastify/helmet';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BackConfig } from '../config';
import { takeCsv } from './text-csv';
import { validation } from './validation';

export const API_PREFIX = 'api/v1';

const LOCAL_ORIGIN = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** What holds for the whole API. */
export async function configureHttp(app: NestFastifyApplication, config: BackConfig): Promise<void> {
  app.setGlobalPrefix(API_PREFIX);
  app.useGlobalPipes(validation());
  app.enableCors({
    origin: config.CORS_ORIGINS ?? (config.NODE_ENV === 'development' ? LOCAL_ORIGIN : false),
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'idempotency-key', 'traceparent'],
    exposedHeaders: ['ratelimit', 'ratelimit-policy', 'retry-after', 'www-authenticate'],
    maxAge: 600,
  });
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: [`'self'`],
        // The page at /api/docs styles itself inline.
        styleSrc: [`'self'`, `'unsafe-inline'`],
        imgSrc: [`'self'`, 'data:'],
        frameAncestors: [`'none'`],
        // It would turn a plain http://localhost into https.
        upgradeInsecureRequests: null,
      },
    },
  });
  takeCsv(app);
  addAnswerHeaders(app);
}

function addAnswerHeaders(app: NestFastifyApplication) {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onSend', (request: FastifyRequest, reply: FastifyReply, _payload, done) => {
    // RFC 9110: a 401 names the way to sign in.
    if (reply.statusCode === 401) void reply.header('www-authenticate', 'Bearer');
    // Tokens and customers' messages stay out of every cache.
    if (request.url.startsWith(`/${API_PREFIX}/`)) void reply.header('cache-control', 'no-store');
    done();
  });
}
