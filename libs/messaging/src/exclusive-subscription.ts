import type { ConfirmChannel } from 'amqplib';
import type { BrokerConnection } from './connection';
import type { KeptChannel } from './kept-channel';

export interface ExclusiveSubscriptionOptions {
  exchange: string;
  /** Unique per process: the queue is exclusive and goes with the connection. */
  queue: string;
  onMessage: (body: Buffer, headers: Record<string, unknown>) => void;
  /** From now on nothing is missed; what came before may have been. */
  onReady: () => void;
  onLost: () => void;
}

/** Behind this the broker drops the oldest: a process that is so slow reads what it missed elsewhere. */
const MAX_QUEUE_LENGTH = 100_000;

/** This process's own copy of everything on an exchange, for as long as it is connected. */
export class ExclusiveSubscription {
  private readonly kept: KeptChannel;
  private opened = 0;

  constructor(connection: BrokerConnection, options: ExclusiveSubscriptionOptions) {
    this.kept = connection.channel(
      options.queue,
      async (channel) => {
        await this.consume(channel, options);
        options.onReady();
      },
      options.onLost,
    );
  }

  get consuming(): boolean {
    return this.kept.current !== null;
  }

  close(): Promise<void> {
    return this.kept.close();
  }

  private async consume(channel: ConfirmChannel, options: ExclusiveSubscriptionOptions) {
    // A new name each time: after a half-open connection the broker still holds the old queue for the old owner,
    // and refuses its name to the new one until it notices.
    const { queue } = await channel.assertQueue(`${options.queue}.${++this.opened}`, {
      exclusive: true,
      autoDelete: true,
      durable: false,
      arguments: { 'x-max-length': MAX_QUEUE_LENGTH },
    });
    await channel.bindQueue(queue, options.exchange, '');
    await channel.consume(
      queue,
      (message) => {
        if (message)
          options.onMessage(message.content, (message.properties.headers ?? {}) as Record<string, unknown>);
        else this.kept.abandon(channel);
      },
      { noAck: true },
    );
  }
}
