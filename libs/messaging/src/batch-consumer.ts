import { counter, type Logger } from '@scrm/platform';
import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { unbundle } from './bundle';
import type { BrokerConnection } from './connection';
import { Partition, type Part } from './partition';

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

/**
 * How long after the one before a batch begins at the earliest, in milliseconds, unless it is full: each costs something
 * whatever is in it, and where they follow each other without a pause that is most of what they cost. At low load none
 * waits; the more there was in the one before, the longer the next one collects.
 */
export interface BatchPace {
  leastMs: number;
  perDeliveryMs: number;
  mostMs: number;
}

export interface BatchConsumerOptions {
  name: string;
  queues: string[];
  /** Deliveries in hand per queue. */
  prefetch: number;
  maxBatch: number;
  pace?: BatchPace;
  handle: (batch: Delivery[]) => Promise<BatchOutcome>;
  /** Hears of the first delivery of a queue since it was consumed: this worker is its active one. */
  onActive?: () => void;
}

interface Held {
  delivery: Delivery;
  partition: Partition;
  channel: ConfirmChannel;
  tag: number;
}
interface Batch {
  held: Held[];
  parts: Part[];
}

const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 5_000;

const redeliveries = counter(
  'consumer_redeliveries_total',
  'Deliveries that had been handed out before: to a worker that died, drained or gave the queue up',
  ['consumer'],
);

/**
 * Consumes several queues in batches: while one batch is worked on, the next one collects. At low load a batch is one
 * delivery and nothing waits; at high load they share transactions.
 *
 * A batch that fails is tried again in place, with growing pauses: nothing is overtaken, and a database that is away
 * burns no attempts. Each queue is acked in the order in which it was taken, and only the finished head.
 */
export class BatchConsumer {
  readonly partitions: Partition[];
  private waiting: Held[] = [];
  private running = false;
  private stopping = false;
  private idle: (() => void)[] = [];
  private dueAt = -Infinity;
  private due: (() => void) | undefined;

  constructor(
    connection: BrokerConnection,
    private readonly options: BatchConsumerOptions,
    private readonly logger: Logger,
  ) {
    const { name, prefetch } = options;
    this.partitions = options.queues.map((queue) => {
      const partition: Partition = new Partition(
        connection,
        {
          name,
          queue,
          prefetch,
          receive: (message, channel) => this.receive(partition, channel, message),
          onLost: () => this.lost(partition),
        },
        logger,
      );
      return partition;
    });
  }

  get name(): string {
    return this.options.name;
  }

  get consuming(): boolean {
    return !this.stopping && this.partitions.every((partition) => partition.consuming);
  }

  /** Lets another worker have the queue; see {@link Partition.giveUp}. */
  giveUp(partition: Partition): void {
    this.waiting = this.waiting.filter((held) => held.partition !== partition);
    partition.giveUp();
  }

  /**
   * Takes nothing more, finishes what is in hand and acks it. What was only prefetched goes to another worker, in its
   * place: the channels are closed, and no consumer cancelled before. A cancelled one lets the next worker begin at
   * once, behind everything that is still held here.
   */
  async stop() {
    this.stopping = true;
    this.waiting = [];
    if (!this.isIdle()) await new Promise<void>((resolve) => this.idle.push(resolve));
    await Promise.all(this.partitions.map((partition) => partition.close()));
  }

  private receive(partition: Partition, channel: ConfirmChannel, message: ConsumeMessage) {
    if (this.stopping) return;
    const { redelivered, deliveryTag: tag } = message.fields;
    if (redelivered) redeliveries.inc({ consumer: this.options.name });
    const sent = {
      headers: (message.properties.headers ?? {}) as Record<string, unknown>,
      body: message.content,
    };
    for (const part of unbundle(sent)) {
      const delivery = { ...part, queue: partition.queue, redelivered };
      this.waiting.push({ delivery, partition, channel, tag });
    }
    if (tag === 1) this.options.onActive?.();
    if (!this.running) void this.pump();
    else if (this.isFull()) this.due?.();
  }

  private async pump() {
    this.running = true;
    while (this.waiting.length > 0 && !this.stopping) {
      await this.untilDue();
      const held = this.waiting.splice(0, this.batchEnd());
      this.dueAt = performance.now() + this.pauseAfter(held.length);
      if (held.length > 0) await this.work(take(held));
    }
    this.running = false;
    this.wakeIdle();
  }

  private isFull(): boolean {
    return this.waiting.length >= this.options.maxBatch;
  }

  /** What came as one is acked as one, so no batch ends within it. */
  private batchEnd(): number {
    const { waiting } = this;
    let end = Math.min(this.options.maxBatch, waiting.length);
    const last = waiting[end - 1];
    while (last && waiting[end]?.tag === last.tag && waiting[end]?.partition === last.partition) end++;
    return end;
  }

  private pauseAfter(deliveries: number): number {
    const { pace } = this.options;
    return pace ? Math.min(pace.leastMs + deliveries * pace.perDeliveryMs, pace.mostMs) : 0;
  }

  private async untilDue() {
    const left = this.dueAt - performance.now();
    if (left <= 0 || this.isFull()) return;
    await new Promise<void>((resolve) => {
      this.due = resolve;
      setTimeout(resolve, left);
    });
    this.due = undefined;
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
    for (let pause = RETRY_FIRST_MS; ; pause = Math.min(pause * 2, RETRY_MAX_MS)) {
      // What came on a channel that is gone comes again, and is tried then.
      batch.held = batch.held.filter((held) => held.channel === held.partition.channel);
      if (batch.held.length === 0) break;
      try {
        return await this.options.handle(batch.held.map((held) => held.delivery));
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
    for (const part of batch.parts) part.partition.finish(part);
    this.wakeIdle();
  }

  private drop(batch: Batch) {
    for (const part of batch.parts) part.partition.drop(part);
    this.wakeIdle();
  }

  private lost(partition: Partition) {
    this.waiting = this.waiting.filter((held) => held.partition !== partition);
    this.wakeIdle();
  }

  private isIdle(): boolean {
    return !this.running && this.partitions.every((partition) => partition.idle);
  }

  private wakeIdle() {
    if (this.idle.length === 0 || !this.isIdle()) return;
    for (const resolve of this.idle.splice(0)) resolve();
  }
}

/** From here on the deliveries are in hand: each partition's acks wait for this batch. */
function take(held: Held[]): Batch {
  const last = new Map<Partition, number>();
  for (const { partition, tag } of held) last.set(partition, tag);
  return { held, parts: [...last].map(([partition, tag]) => partition.take(tag)) };
}
