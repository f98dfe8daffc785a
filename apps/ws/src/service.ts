import { SOCKET_LIMITS } from '@scrm/contracts';
import type { ServiceOptions } from '@scrm/platform';
import { AppModule } from './app.module';
import type { WsConfig } from './config';
import { SocketAdapter } from './socket/socket.adapter';
import { SocketGateway } from './socket/socket.gateway';

/** The service, for `main.ts` and for tests, which run several pods in one process. */
export function wsService(config: WsConfig): ServiceOptions {
  return {
    name: 'ws',
    config,
    module: AppModule.forRoot(config),
    configure: (app) => {
      const maxPayload = config.limits?.maxFrameBytes ?? SOCKET_LIMITS.maxFrameBytes;
      const gateway = () => app.get(SocketGateway, { strict: false });
      app.useWebSocketAdapter(
        new SocketAdapter(app, { maxPayload, admit: (request) => gateway().admit(request) }),
      );
    },
  };
}
