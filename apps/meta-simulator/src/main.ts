import 'reflect-metadata';
import { loadConfig, runService } from '@scrm/platform';
import { AppModule } from './app.module';
import { configSchema } from './config';
import { BODY_LIMIT, configureApp } from './parsers';

void runService({
  name: 'meta-simulator',
  module: AppModule,
  config: loadConfig(configSchema),
  bodyLimit: BODY_LIMIT,
  configure: configureApp,
});
