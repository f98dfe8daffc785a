import { Global, Module } from '@nestjs/common';
import { BrokerConnection, MESSAGING_OPTIONS, RevocationFeed, type MessagingOptions } from '@scrm/messaging';
import { Drain, LOGGER, Revocations, type Logger } from '@scrm/platform';
import { AccessController } from './access.controller';
import { AccessRepository } from './access.repository';
import { AccessService } from './access.service';

/** Global, because whatever takes rights away has to say so. */
@Global()
@Module({
  controllers: [AccessController],
  providers: [
    AccessRepository,
    AccessService,
    { provide: Revocations, useFactory: () => new Revocations({ known: false }) },
    {
      provide: RevocationFeed,
      inject: [BrokerConnection, MESSAGING_OPTIONS, AccessService, Revocations, Drain, LOGGER],
      useFactory: (
        connection: BrokerConnection,
        messaging: MessagingOptions,
        access: AccessService,
        revocations: Revocations,
        drain: Drain,
        logger: Logger,
      ) =>
        new RevocationFeed(connection, { messaging, read: () => access.ended() }, revocations, drain, logger),
    },
  ],
  exports: [AccessService, Revocations],
})
export class AccessModule {}
