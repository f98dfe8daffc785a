import type { Logger } from '@scrm/platform';
import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import type { BrokerConnection } from './connection';
import type { KeptChannel } from './kept-channel';

export interface PartitionOptions {
  /** Of the consumer, for the log. */
  name: string;
  queue: string;
  /** Deliveries in hand. */
  prefetch: number;
  receive: (message: ConsumeMessage, channel: ConfirmChannel) => void;
  /** The channel is gone: what was received on it comes again, here or at another worker. */
  onLost: () => void;
}

/** What one batch took of one partition. */
export interface Part {
  partition: Partition;
  channel: ConfirmChannel;
  /** Of the last delivery in it. */
  tag: number;
  done: boolean;
}

/** A handover takes a moment, and is no reason to call the service not ready. */
const HANDOVER_MS = 5_000;

/**
 * One queue on a channel of its own, so that it can be given up alone. What was taken of it is acked in the order in
 * which it was taken, and only the finished head.
 */
export class Partition {
  readonly queue: string;
  /** The channel that delivers, and the only one to ack on. */
  channel: ConfirmChannel | null = null;
  /** Deliveries, the latest count most: busy queues are told from quiet ones by it. */
  load = 0;
  private readonly kept: KeptChannel;
  private fifo: Part[] = [];
  private delivered = false;
  private leaving = false;
  private leftAt = -Infinity;

  constructor(
    connection: BrokerConnection,
    private readonly options: PartitionOptions,
    private readonly logger: Logger,
  ) {
    this.queue = options.queue;
    this.kept = connection.channel(
      `${options.name} ${options.queue}`,
      (channel) => this.consume(channel),
      () => this.reset(null),
    );
  }

  get consuming(): boolean {
    return this.kept.current !== null || Date.now() - this.leftAt < HANDOVER_MS;
  }

  /** A queue has one active consumer, and it stays the one until its channel is gone: whoever got something is it. */
  get active(): boolean {
    return this.delivered && !this.leaving;
  }

  get idle(): boolean {
    return this.fifo.length === 0;
  }

  take(tag: number): Part {
    const part: Part = { partition: this, channel: this.channel!, tag, done: false };
    this.fifo.push(part);
    return part;
  }

  finish(part: Part): void {
    part.done = true;
    let head: Part | undefined;
    while (this.fifo[0]?.done) head = this.fifo.shift();
    if (head) this.ack(head);
    this.leaveWhenIdle();
  }

  /**
   * Not done and not to be acked: it comes again, on another channel. So does what was taken after it, done or not: an
   * ack speaks for everything before it.
   */
  drop(part: Part): void {
    const at = this.fifo.indexOf(part);
    if (at >= 0) this.fifo.splice(at);
  }

  /**
   * Takes nothing more, lets what is in hand be finished and acked, and stands last in the line of workers again. The
   * channel is closed, and no consumer cancelled before: what was only prefetched is back in its place before the next
   * worker begins.
   */
  giveUp(): void {
    if (this.leaving) return;
    this.leaving = true;
    this.leaveWhenIdle();
  }

  close(): Promise<void> {
    return this.kept.close();
  }

  private leaveWhenIdle() {
    if (!this.leaving || this.fifo.length > 0 || !this.channel) return;
    this.leftAt = Date.now();
    this.kept.abandon(this.channel);
  }

  private async consume(channel: ConfirmChannel) {
    this.reset(channel);
    await channel.prefetch(this.options.prefetch);
    await channel.consume(this.queue, (message) => {
      // The broker ended the consumer (the queue moved or was deleted): a fresh channel consumes again.
      if (!message) return this.kept.abandon(channel);
      if (this.leaving || channel !== this.channel) return;
      this.delivered = true;
      this.load++;
      this.options.receive(message, channel);
    });
  }

  private ack(head: Part) {
    if (head.channel !== this.channel) return;
    try {
      head.channel.ack({ fields: { deliveryTag: head.tag } } as ConsumeMessage, true);
    } catch (err) {
      this.logger.warn(
        { err, consumer: this.options.name, queue: this.queue },
        'ack on a closed channel: it will be delivered again',
      );
    }
  }

  private reset(channel: ConfirmChannel | null) {
    this.channel = channel;
    this.fifo = [];
    this.delivered = false;
    this.leaving = false;
    this.load = 0;
    this.options.onLost();
  }
}
