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
 * How long after the one before a batch begins, in milliseconds, unless it is full: each costs something whatever is in
 * it, and where they follow each other without a pause that is most of what they cost. At low load none waits; the more
 * there was in the one before, the longer the next one collects.
 */
export interface BatchPace {
  leastMs: number;
  perDeliveryMs: number;
  mostMs: number;
  /** It waits no longer when nothing has come for so long: what is published together comes together. */
  quietMs: number;
}

export interface BatchConsumerOptions {
  name: string;
  queues: string[];
  /** Deliveries in hand per queue. */
  prefetch: number;
  maxBatch: number;
  pace?: BatchPace;
  /** Batches in hand, each of other queues than the rest, so that every queue keeps its order. 1 if not said. */
  atOnce?: number;
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
 * Consumes several queues in batches: while some are worked on, the next one collects. At low load a batch is one
 * delivery and nothing waits; at high load they share transactions.
 *
 * A batch that fails is tried again in place, with growing pauses: nothing is overtaken, and a database that is away
 * burns no attempts. Each queue is acked in the order in which it was taken, and only the finished head.
 */
export class BatchConsumer {
  readonly partitions: Partition[];
  /** What was received and is in no batch yet. Who was served last stands last. */
  private readonly waiting = new Map<Partition, Held[]>();
  /** Whose deliveries are in a batch that is not committed. */
  private readonly busy = new Set<Partition>();
  private inHand = 0;
  private stopping = false;
  private idle: (() => void)[] = [];
  private begunAt = -Infinity;
  private cameAt = -Infinity;
  private pauseMs = 0;
  /** Whether the last batch took longer than the next one had to wait anyway. */
  private behind = false;
  private due: NodeJS.Timeout | undefined;

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
      this.waiting.set(partition, []);
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
    this.forget(partition);
    partition.giveUp();
  }

  /**
   * Takes nothing more, finishes what is in hand and acks it. What was only prefetched goes to another worker, in its
   * place: the channels are closed, and no consumer cancelled before. A cancelled one lets the next worker begin at
   * once, behind everything that is still held here.
   */
  async stop() {
    this.stopping = true;
    for (const partition of this.partitions) this.forget(partition);
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
    const waiting = this.waiting.get(partition)!;
    for (const part of unbundle(sent)) {
      const delivery = { ...part, queue: partition.queue, redelivered };
      waiting.push({ delivery, partition, channel, tag });
    }
    this.cameAt = performance.now();
    if (tag === 1) this.options.onActive?.();
    this.begin();
  }

  /** Begins what may begin now, and sees to it that the rest begins in time. */
  private begin() {
    const { atOnce = 1, maxBatch } = this.options;
    while (this.inHand < atOnce && !this.stopping) {
      const count = this.free().reduce((sum, [, waiting]) => sum + waiting.length, 0);
      if (count === 0) return;
      const left = count < maxBatch ? this.dueAt() - performance.now() : 0;
      if (left > 0) {
        this.due ??= setTimeout(() => {
          this.due = undefined;
          this.begin();
        }, left);
        return;
      }
      const held = this.next();
      this.begunAt = performance.now();
      this.pauseMs = this.pauseAfter(held.length);
      void this.run(take(held));
    }
  }

  private async run(batch: Batch) {
    const partitions = batch.parts.map(({ partition }) => partition);
    const { begunAt, pauseMs } = this;
    this.inHand++;
    for (const partition of partitions) this.busy.add(partition);
    await this.work(batch);
    this.behind = performance.now() - begunAt > pauseMs;
    for (const partition of partitions) this.busy.delete(partition);
    this.inHand--;
    this.begin();
    this.wakeIdle();
  }

  private free() {
    return [...this.waiting].filter(([partition]) => !this.busy.has(partition));
  }

  private dueAt(): number {
    const { pace } = this.options;
    if (!pace) return -Infinity;
    const quietAt = Math.max(this.begunAt + pace.leastMs, this.cameAt + pace.quietMs);
    return Math.min(this.begunAt + this.pauseMs, quietAt);
  }

  /** Of all queues; where batches take longer than their pauses of a share, so that some are left for those beside it. */
  private next(): Held[] {
    const { atOnce = 1, maxBatch } = this.options;
    const active = this.partitions.filter((partition) => partition.active).length;
    const shared = this.behind || this.inHand > 0;
    let queues = Math.max(1, shared ? Math.ceil(active / atOnce) : active);
    const held: Held[] = [];
    for (const [partition, waiting] of this.free()) {
      if (waiting.length === 0) continue;
      held.push(...waiting.splice(0, endOf(waiting, maxBatch - held.length)));
      this.waiting.delete(partition);
      this.waiting.set(partition, waiting);
      if (held.length >= maxBatch || --queues === 0) break;
    }
    return held;
  }

  private forget(partition: Partition) {
    this.waiting.get(partition)!.length = 0;
  }

  private pauseAfter(deliveries: number): number {
    const { pace } = this.options;
    return pace ? Math.min(pace.leastMs + deliveries * pace.perDeliveryMs, pace.mostMs) : 0;
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
    this.forget(partition);
    this.wakeIdle();
  }

  private isIdle(): boolean {
    return this.inHand === 0 && this.partitions.every((partition) => partition.idle);
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

/** Of deliveries of one queue. What came as one is acked as one, so no batch ends within it. */
function endOf(waiting: Held[], most: number): number {
  let end = Math.min(most, waiting.length);
  while (end < waiting.length && waiting[end]!.tag === waiting[end - 1]!.tag) end++;
  return end;
}
