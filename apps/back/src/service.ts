import type { DynamicModule } from '@nestjs/common';
import type { ServiceOptions } from '@scrm/platform';
import { AppModule } from './app.module';
import type { BackConfig } from './config';
import { configureHttp } from './http/configure-http';
import { serveApiDocument } from './openapi/document';

/** The whole service, as `main.ts` runs it and tests start it. */
export function backService(config: BackConfig, messaging?: DynamicModule): ServiceOptions {
  return {
    name: 'back',
    config,
    module: AppModule.forRoot(config, messaging),
    bodyLimit: 1024 * 1024,
    configure: async (app) => {
      await configureHttp(app, config);
      serveApiDocument(app);
    },
  };
}
