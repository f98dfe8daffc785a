import type { RequestListener } from 'node:http';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BaseConfig } from './config';
import { Drain } from './drain';
import { Health } from './health';
import { createLogger, NestLogger, type Logger } from './logger';
import { registry, startDefaultMetrics } from './metrics';
import { PlatformModule } from './platform.module';
import { ProblemFilter } from './problem.filter';
import { classOf, RawRoutes, requestSeconds } from './raw-routes';
import { traceFrom, withTrace } from './trace';

const DRAIN_LIMIT_MS = 20_000;
const USER_AGENT_MAX = 500;

export interface ServiceOptions {
  /** As in logs and metrics: `waba`, `ws`, ... */
  name: string;
  config: BaseConfig;
  module: DynamicModule | (new () => unknown);
  /** Body limit of HTTP requests, bytes. */
  bodyLimit?: number;
  /** Routes, parsers, microservices; before the service listens. */
  configure?: (app: NestFastifyApplication, logger: Logger) => void | Promise<void>;
}

export interface RunningService {
  app: NestFastifyApplication;
  logger: Logger;
  /** Where it listens: `http://127.0.0.1:3000`. */
  url: string;
  /** Drains and closes, without ending the process. */
  stop(): Promise<void>;
}

/** Builds the service and listens. Tests call this; `main.ts` calls {@link runService}. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { name, config } = options;
  const logger = createLogger(name, config.LOG_LEVEL);
  const routes = new RawRoutes();
  const app = await NestFactory.create<NestFastifyApplication>(
    PlatformModule.forRoot(logger, options.module, routes),
    new FastifyAdapter({
      bodyLimit: options.bodyLimit ?? 1024 * 1024,
      forceCloseConnections: true,
      // Who calls is what a proxy of ours says, and what nobody else says.
      trustProxy: ['loopback', 'linklocal', 'uniquelocal'],
      serverFactory: (rest: RequestListener) => routes.serve(rest),
    }),
    { logger: new NestLogger(logger), abortOnError: false },
  );
  app.useGlobalFilters(new ProblemFilter(logger));
  addOperations(app, name, logger);
  await options.configure?.(app, logger);
  const health = app.get(Health);
  const drain = app.get(Drain);
  await app.listen(config.PORT, config.HOST);
  const address = app.getHttpServer().address() as { port: number };
  const url = `http://${config.HOST === '0.0.0.0' ? '127.0.0.1' : config.HOST}:${address.port}`;
  logger.info({ url }, 'listening');
  let stopping: Promise<void> | undefined;
  const stop = () =>
    (stopping ??= (async () => {
      health.drain();
      await drain.run(logger);
      await app.close();
    })());
  return { app, logger, url, stop };
}

/** Starts the service and stays until SIGTERM or SIGINT. */
export async function runService(options: ServiceOptions): Promise<void> {
  startDefaultMetrics(options.name);
  const running = await startService(options).catch((error: NodeJS.ErrnoException) => {
    const hint = error.code === 'EADDRINUSE' ? `: port ${options.config.PORT} is taken` : '';
    createLogger(options.name).fatal({ err: error }, `${options.name} could not start${hint}`);
    process.exit(1);
  });
  const { logger } = running;
  const end = (signal: string) => {
    logger.info({ signal }, 'draining');
    const limit = setTimeout(() => {
      logger.error('drain took too long');
      process.exit(1);
    }, DRAIN_LIMIT_MS);
    void running.stop().then(
      () => {
        clearTimeout(limit);
        process.exit(0);
      },
      (error: unknown) => {
        clearTimeout(limit);
        logger.error({ err: error }, 'drain failed');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  // A promise that nobody waits for must be seen, and must not take the pod and everybody's sockets with it.
  process.on('unhandledRejection', (error) => logger.error({ err: error }, 'unhandled rejection'));
}

/** Health, metrics and tracing: plain Fastify routes, so that no guard, pipe or prefix of the app reaches them. */
function addOperations(app: NestFastifyApplication, name: string, logger: Logger) {
  const fastify = app.getHttpAdapter().getInstance();
  const health = app.get(Health);
  fastify.addHook('onRequest', (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
    const { ip, headers } = request;
    const origin = { ip, userAgent: headers['user-agent']?.slice(0, USER_AGENT_MAX) };
    withTrace({ ...traceFrom(headers.traceparent), origin }, done);
  });
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const route = request.routeOptions.url ?? 'none';
    const labels = { route, method: request.method, status_class: classOf(reply) };
    requestSeconds.observe(labels, reply.elapsedTime / 1000);
    logger.debug({ route, method: request.method, status: reply.statusCode }, 'request answered');
    done();
  });
  fastify.get('/health/live', () => ({ status: 'live', service: name }));
  fastify.get('/health/ready', async (_request, reply) => {
    const { ready, checks } = await health.readiness();
    return reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? 'ready' : 'not ready', service: name, checks });
  });
  fastify.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}
