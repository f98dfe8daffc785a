import type { ConfirmChannel } from 'amqplib';
import type { BrokerConnection } from './connection';
import type { KeptChannel } from './kept-channel';

export interface ExclusiveSubscriptionOptions {
  exchange: string;
  /** What of it; all, where the exchange is a fanout. */
  key?: string;
  /** Unique per process: the queue is exclusive and goes with the connection. */
  queue: string;
  onMessage: (body: Buffer, headers: Record<string, unknown>) => void;
  /** From now on nothing is missed; what came before may have been. */
  onReady: () => void;
  onLost: () => void;
}

/** Behind this the broker drops the oldest: a process that is so slow reads what it missed elsewhere. */
const MAX_QUEUE_LENGTH = 100_000;

/**
 * This process's own copy of everything on an exchange, and of what further keys lead to, for as long as it is
 * connected.
 */
export class ExclusiveSubscription {
  private readonly kept: KeptChannel;
  private opened = 0;
  private readonly keys = new Map<string, { exchange: string; key: string }>();
  /** The queue that keys are bound to; also while it is being set up. */
  private queue: { channel: ConfirmChannel; name: string } | undefined;

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

  /**
   * Takes also what this key leads to: from the moment when it resolves with true; where it resolves with false, from
   * the next `onReady` on.
   */
  async bind(exchange: string, key: string): Promise<boolean> {
    this.keys.set(nameOf(exchange, key), { exchange, key });
    return this.tryTo('bindQueue', exchange, key);
  }

  unbind(exchange: string, key: string) {
    this.keys.delete(nameOf(exchange, key));
    void this.tryTo('unbindQueue', exchange, key);
  }

  close(): Promise<void> {
    return this.kept.close();
  }

  private async consume(channel: ConfirmChannel, options: ExclusiveSubscriptionOptions) {
    this.queue = undefined;
    // A new name each time: after a half-open connection the broker still holds the old queue for the old owner,
    // and refuses its name to the new one until it notices.
    const { queue } = await channel.assertQueue(`${options.queue}.${++this.opened}`, {
      exclusive: true,
      autoDelete: true,
      durable: false,
      arguments: { 'x-max-length': MAX_QUEUE_LENGTH },
    });
    await channel.bindQueue(queue, options.exchange, options.key ?? '');
    await channel.consume(
      queue,
      (message) => {
        if (message)
          options.onMessage(message.content, (message.properties.headers ?? {}) as Record<string, unknown>);
        else this.kept.abandon(channel);
      },
      { noAck: true },
    );
    const known = [...this.keys.values()];
    // Further keys come on the same channel behind these.
    this.queue = { channel, name: queue };
    await Promise.all(known.map(({ exchange, key }) => channel.bindQueue(queue, exchange, key)));
  }

  /** False where the channel is gone: the next one binds what is wanted then. */
  private async tryTo(what: 'bindQueue' | 'unbindQueue', exchange: string, key: string): Promise<boolean> {
    if (!this.queue) return false;
    const { channel, name } = this.queue;
    try {
      await channel[what](name, exchange, key);
      return true;
    } catch {
      return false;
    }
  }
}

const nameOf = (exchange: string, key: string) => `${exchange} ${key}`;
