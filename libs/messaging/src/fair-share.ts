import { counter, gauge, type Logger } from '@scrm/platform';
import type { BatchConsumer } from './batch-consumer';
import type { Partition } from './partition';

const JITTER = 0.5;
/** A queue that was given up and came back, though nobody came or went, is not passed on again at once. */
const FIRST_REST = 4;
const LONGEST_REST = 64;

const activePartitions = gauge(
  'consumer_partitions_active',
  'Queues of which this process is the active consumer; one that is quiet since it was taken over is not known',
  ['consumer'],
);
const handovers = counter('consumer_handovers_total', 'Queues given up because others had fewer', [
  'consumer',
]);

/** What a worker holds beyond its share of the queues. It keeps busy and quiet ones alike. */
export function surplus<T extends { load: number }>(held: T[], queues: number, workers: number): T[] {
  const keeps = new Set(evenly(held, Math.ceil(queues / Math.max(1, workers))));
  return held.filter((partition) => !keeps.has(partition));
}

function evenly<T extends { load: number }>(held: T[], count: number): T[] {
  if (held.length <= count) return [...held];
  const sorted = [...held].sort((a, b) => b.load - a.load);
  return Array.from({ length: count }, (_, i) => sorted[Math.floor((i * sorted.length) / count)]!);
}

/**
 * Spreads the queues of a consumer over all workers. The broker gives a queue to the worker that stands first in
 * its line, and to nobody else while that one is there: the first worker would have them all. So each looks now and
 * then whether it holds more than its share, gives up what is beyond it, and stands last in those lines again. Who
 * gets it does the same; it ends with the shares, and nobody has to agree with anybody.
 */
export class FairShare {
  private readonly rests = new Map<Partition, { ms: number; until: number }>();
  private workers: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private dueAt = Infinity;
  private stopped = false;

  constructor(
    private readonly consumer: Pick<BatchConsumer, 'name' | 'partitions' | 'giveUp'>,
    private readonly countWorkers: () => Promise<number | undefined>,
    private readonly everyMs: number,
    private readonly logger: Logger,
  ) {
    this.plan(this.everyMs);
  }

  /** Something was taken over: it may be too much. */
  soon(): void {
    this.plan(this.everyMs / 4);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Jittered, so that two workers don't pass things on in step. */
  private plan(ms: number) {
    const wait = ms * (1 - JITTER / 2 + Math.random() * JITTER);
    if (this.stopped || Date.now() + wait >= this.dueAt) return;
    clearTimeout(this.timer);
    this.dueAt = Date.now() + wait;
    this.timer = setTimeout(() => {
      this.dueAt = Infinity;
      void this.look().finally(() => this.plan(this.everyMs));
    }, wait).unref();
  }

  private async look() {
    const { name } = this.consumer;
    activePartitions.set({ consumer: name }, this.held().length);
    const workers = this.held().length > 1 ? await this.countWorkers() : undefined;
    if (workers === undefined || this.stopped) return;
    if (workers !== this.workers) this.rests.clear();
    this.workers = workers;
    const now = Date.now();
    const held = this.held();
    for (const partition of surplus(held, this.consumer.partitions.length, workers)) {
      const rest = this.rests.get(partition);
      if (rest && rest.until > now) continue;
      this.logger.info({ consumer: name, queue: partition.queue, workers }, 'queue given up to others');
      handovers.inc({ consumer: name });
      this.consumer.giveUp(partition);
      const ms = rest ? Math.min(rest.ms * 2, LONGEST_REST * this.everyMs) : FIRST_REST * this.everyMs;
      this.rests.set(partition, { ms, until: now + ms });
    }
    for (const partition of held) partition.load /= 2;
  }

  private held() {
    return this.consumer.partitions.filter((partition) => partition.active);
  }
}
