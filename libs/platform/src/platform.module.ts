import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Drain } from './drain';
import { Health } from './health';
import type { Logger } from './logger';
import { RawRoutes } from './raw-routes';

export const LOGGER = Symbol('logger');

/** What every service has: its logger, its health and its drain list. */
@Global()
@Module({})
export class PlatformModule {
  static forRoot(
    logger: Logger,
    root: DynamicModule | (new () => unknown),
    routes = new RawRoutes(),
  ): DynamicModule {
    return {
      module: PlatformModule,
      imports: [root],
      providers: [
        Health,
        Drain,
        { provide: LOGGER, useValue: logger },
        { provide: RawRoutes, useValue: routes },
      ],
      exports: [Health, Drain, LOGGER, RawRoutes],
    };
  }
}
