import { serveRpc } from '@scrm/messaging';
import type { ServiceOptions } from '@scrm/platform';
import { AppModule, messagingOptions } from './app.module';
import type { WabaConfig } from './config';

/** The service, as `main.ts` runs it and the tests start it. */
export function wabaService(config: WabaConfig): ServiceOptions {
  return {
    name: 'waba',
    config,
    module: AppModule.forRoot(config),
    configure: (app, logger) => {
      if (config.WABA_ROLES.includes('worker')) serveRpc(app, messagingOptions(config), logger);
    },
  };
}
