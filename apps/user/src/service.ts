import { serveRpc } from '@scrm/messaging';
import type { ServiceOptions } from '@scrm/platform';
import { AppModule, messagingOptions } from './app.module';
import type { UserConfig } from './config';

/** The whole service, as `main.ts` runs it and tests start it. */
export function userService(config: UserConfig): ServiceOptions {
  return {
    name: 'user',
    config,
    module: AppModule.forRoot(config),
    configure: (app, logger) => serveRpc(app, messagingOptions(config), logger),
  };
}
