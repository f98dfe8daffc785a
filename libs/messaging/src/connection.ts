import type { Writable } from 'node:stream';
import { AmqpConnection, AmqpConnectionManager } from '@golevelup/nestjs-rabbitmq';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Health, LOGGER, type Logger } from '@scrm/platform';
import type { ConfirmChannel } from 'amqplib';
import { courtesy } from './courtesy';
import { KeptChannel } from './kept-channel';
import { inOneWrite } from './one-write';
import { MESSAGING_OPTIONS, type MessagingOptions } from './options';
import { declareTopology } from './topology';

/** The process's one connection to the broker. It comes back by itself; until then the service is not ready. */
@Injectable()
export class BrokerConnection implements OnApplicationShutdown {
  /** The topology is declared once a connection, not once for each of its channels. */
  private topology: { connection: unknown; declared: Promise<void> } | undefined;

  constructor(
    private readonly amqp: AmqpConnection,
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    @Inject(LOGGER) private readonly logger: Logger,
    health: Health,
    everyConnection: AmqpConnectionManager,
  ) {
    // golevelup closes all connections of the process when one service of it stops. Tests run several: each closes
    // its own.
    everyConnection.clearConnections();
    const manager = amqp.managedConnection;
    // `stream` is in no type of amqplib: the socket of the connection that has just been made.
    manager.on('connect', ({ connection }) =>
      inOneWrite((connection as unknown as { connection: { stream: Writable } }).connection.stream),
    );
    manager.on('disconnect', ({ err }) => logger.warn({ err }, 'broker connection lost'));
    manager.on('blocked', ({ reason }) => logger.warn({ reason }, 'broker blocks publishers'));
    health.register('broker', () => {
      if (!manager.isConnected()) throw new Error('not connected');
    });
  }

  /** True when the broker takes no more from this connection, false when it does again or the connection is lost. */
  onBlocked(listener: (blocked: boolean) => void): void {
    const manager = this.amqp.managedConnection;
    manager.on('blocked', () => listener(true));
    manager.on('unblocked', () => listener(false));
    manager.on('disconnect', () => listener(false));
  }

  async onApplicationShutdown() {
    await courtesy(this.amqp.managedConnection.close());
  }

  /**
   * A channel that is opened again whenever it or the connection is lost. The topology is declared before `setup`, so
   * whatever it publishes to or consumes from exists. Where `setup` fails, perhaps because somebody deleted a queue, it
   * is declared again before the next attempt.
   */
  channel(name: string, setup: (channel: ConfirmChannel) => Promise<void>, onLost?: () => void): KeptChannel {
    return new KeptChannel(
      this.amqp.managedConnection,
      { name, logger: this.logger },
      async (channel) => {
        const topology = this.declareOnce(channel);
        try {
          await topology.declared;
          await setup(channel);
        } catch (err) {
          if (this.topology === topology) this.topology = undefined;
          throw err;
        }
      },
      onLost,
    );
  }

  private declareOnce(channel: ConfirmChannel) {
    const { connection } = this.amqp.managedConnection;
    if (this.topology?.connection !== connection) this.topology = undefined;
    return (this.topology ??= { connection, declared: declareTopology(channel, this.options.names) });
  }
}
