import { Module, type DynamicModule } from '@nestjs/common';
import { Drain, Health, LOGGER, type Logger, type Revocations } from '@scrm/platform';
import { BrokerConnection } from './connection';
import { MESSAGING_OPTIONS, type MessagingOptions } from './options';
import { readRevocations, RevocationFeed } from './revocation-feed';

/** Keeps the service's {@link Revocations} up to date. */
@Module({})
export class RevocationModule {
  /**
   * @param jwksUrl where the keys are that tokens are checked with; the list is beside them
   * @param options.gate not ready until the list was read: others serve meanwhile who know
   */
  static forRoot(revocations: Revocations, jwksUrl: string, { gate }: { gate: boolean }): DynamicModule {
    return {
      module: RevocationModule,
      providers: [
        {
          provide: RevocationFeed,
          inject: [BrokerConnection, MESSAGING_OPTIONS, Drain, LOGGER, Health],
          useFactory: (
            connection: BrokerConnection,
            messaging: MessagingOptions,
            drain: Drain,
            logger: Logger,
            health: Health,
          ) => {
            if (gate)
              health.register('revocations', () => {
                if (!revocations.known) throw new Error('not read yet');
              });
            const read = readRevocations(jwksUrl);
            return new RevocationFeed(connection, { messaging, read }, revocations, drain, logger);
          },
        },
      ],
    };
  }
}
