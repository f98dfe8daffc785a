import type { Logger } from '@scrm/platform';
import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import type { BrokerConnection } from './connection';
import type { KeptChannel } from './kept-channel';

export interface Delivery {
  body: Buffer;
  headers: Record<string, unknown>;
  queue: string;
  /** True where an earlier delivery was not acked: it may have been worked on, or have killed its worker. */
  redelivered: boolean;
}

/**
 * What a handler did with a batch. `settled` is what still has to happen before the broker may forget it (the
 * confirms of the events); the next batch starts meanwhile.
 */
export interface BatchOutcome {
  settled: Promise<unknown>;
}

export interface BatchConsumerOptions {
  name: string;
  queues: string[];
  /** Deliveries in hand per queue. */
  prefetch: number;
  maxBatch: number;
  handle: (batch: Delivery[]) => Promise<BatchOutcome>;
}

interface Held {
  delivery: Delivery;
  tag: number;
}
interface Batch {
  channel: ConfirmChannel;
  held: Held[];
  done: boolean;
}

const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 5_000;

/**
 * Consumes several queues in batches without a timer: while one batch is worked on, the next one collects. At low
 * load a batch is one delivery and nothing waits; at high load they share transactions.
 *
 * A batch that fails is tried again in place, with growing pauses: nothing is overtaken, and a database that is away
 * burns no attempts. Batches are acked in the order in which they were taken, and only the finished head.
 */
export class BatchConsumer {
  private readonly kept: KeptChannel;
  private waiting: Held[] = [];
  private readonly fifo: Batch[] = [];
  private channel: ConfirmChannel | null = null;
  private running = false;
  private stopping = false;
  private idle: (() => void)[] = [];

  constructor(
    connection: BrokerConnection,
    private readonly options: BatchConsumerOptions,
    private readonly logger: Logger,
  ) {
    this.kept = connection.channel(
      options.name,
      (channel) => this.consume(channel),
      () => this.lost(),
    );
  }

  get consuming(): boolean {
    return this.kept.current !== null;
  }

  /**
   * Takes nothing more, finishes what is in hand and acks it. What was only prefetched goes to another worker, in its
   * place: the channel is closed, and no consumer cancelled before. A cancelled one lets the next worker begin at
   * once, behind everything that is still held here.
   */
  async stop() {
    this.stopping = true;
    this.waiting = [];
    if (this.running || this.fifo.length > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
    await this.kept.close();
  }

  private async consume(channel: ConfirmChannel) {
    this.channel = channel;
    await channel.prefetch(this.options.prefetch);
    for (const queue of this.options.queues) {
      await channel.consume(queue, (message) => this.receive(channel, queue, message));
    }
  }

  private receive(channel: ConfirmChannel, queue: string, message: ConsumeMessage | null) {
    if (!message) {
      // The broker ended the consumer (the queue moved or was deleted): a fresh channel consumes again.
      this.kept.abandon(channel);
      return;
    }
    if (this.stopping || channel !== this.channel) return;
    const headers = (message.properties.headers ?? {}) as Record<string, unknown>;
    const delivery = { body: message.content, headers, queue, redelivered: message.fields.redelivered };
    this.waiting.push({ delivery, tag: message.fields.deliveryTag });
    if (!this.running) void this.pump(channel);
  }

  private async pump(channel: ConfirmChannel) {
    this.running = true;
    while (this.waiting.length > 0 && this.channel === channel && !this.stopping) {
      const batch: Batch = { channel, held: this.waiting.splice(0, this.options.maxBatch), done: false };
      this.fifo.push(batch);
      await this.work(batch);
    }
    this.running = false;
    if (this.waiting.length > 0 && this.channel && !this.stopping) void this.pump(this.channel);
    this.wakeIdle();
  }

  /** Returns when the batch is committed; its ack may come later. */
  private async work(batch: Batch, pause = RETRY_FIRST_MS) {
    const outcome = await this.attempt(batch);
    if (!outcome) return;
    outcome.settled.then(
      () => this.finish(batch),
      (err: unknown) => {
        this.logger.warn(
          { err, consumer: this.options.name },
          'events not confirmed: the batch is done again',
        );
        if (this.stopping) this.drop(batch);
        else setTimeout(() => this.again(batch, pause), pause);
      },
    );
  }

  private again(batch: Batch, pause: number) {
    if (this.stopping) this.drop(batch);
    else void this.work(batch, Math.min(pause * 2, RETRY_MAX_MS));
  }

  private async attempt(batch: Batch): Promise<BatchOutcome | undefined> {
    for (
      let pause = RETRY_FIRST_MS;
      this.channel === batch.channel;
      pause = Math.min(pause * 2, RETRY_MAX_MS)
    ) {
      try {
        return await this.options.handle(batch.held.map((h) => h.delivery));
      } catch (err) {
        this.logger.warn(
          { err, consumer: this.options.name, size: batch.held.length },
          'batch failed: trying again',
        );
        if (!this.stopping) await new Promise((resolve) => setTimeout(resolve, pause));
        if (this.stopping) break;
      }
    }
    this.drop(batch);
    return undefined;
  }

  private finish(batch: Batch) {
    batch.done = true;
    while (this.fifo[0]?.done) {
      const head = this.fifo.shift()!;
      if (head.channel !== this.channel) continue;
      try {
        head.channel.ack({ fields: { deliveryTag: head.held.at(-1)!.tag } } as ConsumeMessage, true);
      } catch (err) {
        this.logger.warn(
          { err, consumer: this.options.name },
          'ack on a closed channel: it will be delivered again',
        );
      }
    }
    this.wakeIdle();
  }

  /**
   * Not done and not to be acked: it comes again, on another channel. So does what was taken after it, done or not: an
   * ack speaks for everything before it.
   */
  private drop(batch: Batch) {
    const at = this.fifo.indexOf(batch);
    if (at >= 0) this.fifo.splice(at);
    this.wakeIdle();
  }

  private lost() {
    this.channel = null;
    this.waiting = [];
    this.fifo.length = 0;
    this.wakeIdle();
  }

  private wakeIdle() {
    if (this.running || this.fifo.length > 0) return;
    for (const resolve of this.idle.splice(0)) resolve();
  }
}
