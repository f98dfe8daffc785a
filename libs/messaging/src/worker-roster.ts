import type { BrokerConnection } from './connection';
import type { KeptChannel } from './kept-channel';

/**
 * How many workers there are. The broker knows: each consumes a queue in which there is never anything. It cannot be
 * asked of a work queue itself, because where a quorum queue has a single active consumer it counts only that one.
 */
export class WorkerRoster {
  private readonly kept: KeptChannel;

  constructor(
    connection: BrokerConnection,
    private readonly queue: string,
  ) {
    this.kept = connection.channel(`roster ${queue}`, async (channel) => {
      await channel.consume(queue, (message) => {
        if (message) channel.ack(message);
        else this.kept.abandon(channel);
      });
    });
  }

  /** This worker included; nothing where the broker does not answer. */
  async count(): Promise<number | undefined> {
    try {
      return (await this.kept.current?.checkQueue(this.queue))?.consumerCount;
    } catch {
      return undefined;
    }
  }

  leave(): Promise<void> {
    return this.kept.close();
  }
}
