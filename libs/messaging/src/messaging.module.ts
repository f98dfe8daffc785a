import { RabbitMQModule } from '@golevelup/nestjs-rabbitmq';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { BatchConsumers } from './batch-consumers';
import { BrokerConnection } from './connection';
import {
  CONNECTION_MANAGER_OPTIONS,
  inSmallFrames,
  MESSAGING_OPTIONS,
  type MessagingOptions,
} from './options';
import { Publisher } from './publisher';
import { RpcClient } from './rpc-client';

/** The broker, for a whole service: `MessagingModule.forRoot({url, service, names})` once, in the app module. */
@Global()
@Module({})
export class MessagingModule {
  static forRoot(options: MessagingOptions): DynamicModule {
    return {
      module: MessagingModule,
      imports: [
        RabbitMQModule.forRoot({
          uri: inSmallFrames(options.url),
          // The service starts without the broker and becomes ready when it is there.
          connectionInitOptions: { wait: false },
          connectionManagerOptions: CONNECTION_MANAGER_OPTIONS,
        }),
      ],
      providers: [
        { provide: MESSAGING_OPTIONS, useValue: options },
        BrokerConnection,
        BatchConsumers,
        Publisher,
        RpcClient,
      ],
      exports: [MESSAGING_OPTIONS, BrokerConnection, BatchConsumers, Publisher, RpcClient],
    };
  }
}
