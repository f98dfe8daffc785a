import { Module, type DynamicModule } from '@nestjs/common';
import { Drain, LOGGER, type Logger, type Revocations } from '@scrm/platform';
import { BrokerConnection } from './connection';
import { MESSAGING_OPTIONS, type MessagingOptions } from './options';
import { readRevocations, RevocationFeed } from './revocation-feed';

/** Keeps the service's {@link Revocations} up to date. */
@Module({})
export class RevocationModule {
  /** @param jwksUrl where the keys are that tokens are checked with; the list is beside them */
  static forRoot(revocations: Revocations, jwksUrl: string): DynamicModule {
    return {
      module: RevocationModule,
      providers: [
        {
          provide: RevocationFeed,
          inject: [BrokerConnection, MESSAGING_OPTIONS, Drain, LOGGER],
          useFactory: (
            connection: BrokerConnection,
            messaging: MessagingOptions,
            drain: Drain,
            logger: Logger,
          ) =>
            new RevocationFeed(
              connection,
              { messaging, read: readRevocations(jwksUrl) },
              revocations,
              drain,
              logger,
            ),
        },
      ],
    };
  }
}
