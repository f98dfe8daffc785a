import { serveRpc } from '@scrm/messaging';
import type { ServiceOptions } from '@scrm/platform';
import type { FastifyInstance } from 'fastify';
import { AppModule, messagingOptions } from './app.module';
import type { WabaConfig } from './config';
import { WEBHOOK_BODY_LIMIT } from './webhook/webhook.controller';

/** The service, as `main.ts` runs it and the tests start it. */
export function wabaService(config: WabaConfig): ServiceOptions {
  return {
    name: 'waba',
    config,
    module: AppModule.forRoot(config),
    bodyLimit: WEBHOOK_BODY_LIMIT,
    bodyParser: false,
    configure: (app, logger) => {
      keepRawBodies(app.getHttpAdapter().getInstance() as unknown as FastifyInstance);
      if (config.WABA_ROLES.includes('worker')) serveRpc(app, messagingOptions(config), logger);
    },
  };
}

/** Meta signs bytes: they stay as they came, whatever their content type claims. Nothing else is posted here. */
function keepRawBodies(fastify: FastifyInstance) {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}
