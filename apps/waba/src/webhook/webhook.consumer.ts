import { setImmediate } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { INBOUND_PARTITIONS } from '@scrm/contracts';
import { isTransient } from '@scrm/database';
import {
  BatchConsumers,
  MESSAGING_OPTIONS,
  type BatchOutcome,
  type Delivery,
  type MessagingOptions,
} from '@scrm/messaging';
import { counter, crashPoint, histogram, LOGGER, type Logger } from '@scrm/platform';
import { v5 as uuidv5 } from 'uuid';
import { parseDelivery, type Traced } from '../cloud-api/webhook-parser';
import { WABA_CONFIG, type WabaConfig } from '../config';
import { InboundService } from '../message/inbound.service';
import { StreamPublisher } from '../stream/stream.publisher';
import type { TenantChanges } from '../stream/timeline';
import { readHeaders, type DeliveryInfo } from './delivery-headers';
import { WebhookRepository, type DeliveryRow } from './webhook.repository';

const MAX_ATTEMPTS = 5;

/**
 * At 500 messages a second batches twice as large cost a fifth less, and nobody sees the difference. At 2,000 a second
 * one every 25 ms instead of every 10 costs 5 to 7 % less. An ingress in a crowd publishes every 20 ms: to begin when all of that
 * is here halves the wait, where to begin in its middle would leave the rest for the next batch.
 */
const PACE = { leastMs: 10, perDeliveryMs: 0.5, mostMs: 25, quietMs: 2 };

const quarantined = counter('webhook_deliveries_quarantined_total', 'Deliveries that could not be worked on');
const batchSeconds = histogram('consumer_processing_seconds', 'Time of a batch until its commit', [
  'queue',
  'outcome',
]);

interface Job {
  delivery: Delivery;
  info: DeliveryInfo;
}
interface ParsedJob extends Job {
  items: Traced[];
}

/** The road in, from the broker to the database and out again as events. */
@Injectable()
export class WebhookConsumer implements OnModuleInit {
  constructor(
    @Inject(WABA_CONFIG) private readonly config: WabaConfig,
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly consumers: BatchConsumers,
    private readonly inbound: InboundService,
    private readonly stream: StreamPublisher,
    private readonly repository: WebhookRepository,
  ) {}

  onModuleInit() {
    this.consumers.start({
      name: 'inbound',
      queues: Array.from({ length: INBOUND_PARTITIONS }, (_, p) => this.options.names.inboundQueue(p)),
      prefetch: this.config.INBOUND_PREFETCH,
      maxBatch: this.config.INBOUND_BATCH,
      pace: PACE,
      // The database works on one while the other is read and told. Alone, a batch that takes long is what all wait for.
      atOnce: 2,
      handle: (batch) => this.handle(batch),
    });
  }

  /**
   * A batch goes as a whole. Where that fails, each delivery goes alone: then only the one at fault is tried again, and
   * after five tries put aside.
   */
  async handle(batch: Delivery[]): Promise<BatchOutcome> {
    crashPoint('inbound.taken');
    const jobs = batch.map((delivery): Job => ({ delivery, info: readHeaders(delivery.headers) }));
    // The broker delivers again before it goes on, so what came back is the older part of its queue.
    const again = jobs.filter((job) => job.delivery.redelivered);
    if (again.length > 0) {
      const first = await this.handleAgain(again);
      first.settled.catch(() => undefined);
      const rest = batch.filter((delivery) => !delivery.redelivered);
      const then = rest.length > 0 ? await this.handle(rest) : first;
      return { settled: Promise.all([first.settled, then.settled]) };
    }
    const end = batchSeconds.startTimer({ queue: 'inbound' });
    try {
      const outcome = await this.work(jobs.map(parse));
      end({ outcome: 'ok' });
      return outcome;
    } catch (error) {
      end({ outcome: 'failed' });
      if (isTransient(error)) throw error;
      return this.handleAlone(jobs);
    }
  }

  /**
   * What came back from a worker that gave it up, or died, perhaps of it. All of it may go together once, and that is
   * written down before; if it comes back even then, each goes alone.
   */
  private async handleAgain(jobs: Job[]): Promise<BatchOutcome> {
    const keys = jobs.map(({ info }) => keyOf(info));
    if (!(await this.repository.beginFirstAttempts(keys))) return this.handleAlone(jobs);
    try {
      const outcome = await this.work(jobs.map(parse));
      await this.repository.endAttempts(keys);
      return outcome;
    } catch (error) {
      await this.repository.endAttempts(keys).catch(() => undefined);
      if (isTransient(error)) throw error;
      return this.handleAlone(jobs);
    }
  }

  private async handleAlone(jobs: Job[]): Promise<BatchOutcome> {
    const settled: Promise<unknown>[] = [];
    for (const job of jobs) {
      const outcome = await this.tryAlone(job);
      // Looked at when all are through; until then nobody waits for it.
      outcome.settled.catch(() => undefined);
      settled.push(outcome.settled);
    }
    return { settled: Promise.all(settled) };
  }

  private async tryAlone(job: Job): Promise<BatchOutcome> {
    const key = keyOf(job.info);
    for (;;) {
      const attempts = await this.repository.beginAttempt(key);
      if (attempts > MAX_ATTEMPTS)
        return this.quarantine(job, key, 'it ended its worker again and again', attempts - 1);
      try {
        const outcome = await this.work([parse(job)]);
        await this.repository.endAttempts([key]);
        return outcome;
      } catch (error) {
        if (isTransient(error)) {
          await this.repository.endAttempts([key]).catch(() => undefined);
          throw error;
        }
        this.logger.warn({ err: error, delivery: job.info.deliveryId, attempts }, 'delivery failed');
        if (attempts >= MAX_ATTEMPTS) return this.quarantine(job, key, reasonOf(error), attempts);
      }
    }
  }

  private async work(jobs: ParsedJob[]): Promise<BatchOutcome> {
    const items = jobs.flatMap((job) => job.items);
    const { changes, stored } = await this.inbound.store(items, (tx, tenants) => {
      let at = 0;
      const rows = jobs.flatMap((job) => {
        const own = tenants.slice(at, (at += job.items.length));
        return keptAs(job, own) ?? [];
      });
      this.repository.keepIn(tx, rows);
    });
    crashPoint('inbound.committed');
    return { settled: this.tell(changes, stored) };
  }

  private async tell(changes: TenantChanges[], stored: object[]) {
    // The next batch goes first: the database works on it while these are told.
    await setImmediate();
    // One line a batch: a line for each message would cost more than storing it.
    if (stored.length > 0) this.logger.info({ messages: stored }, 'messages stored');
    await this.stream.publish(changes);
    crashPoint('inbound.published');
  }

  private async quarantine(job: Job, key: string, reason: string, attempts: number): Promise<BatchOutcome> {
    quarantined.inc();
    this.logger.error(
      { delivery: job.info.deliveryId, item: job.info.item, reason },
      'delivery put in quarantine',
    );
    const tenantIds = await this.inbound.tenantsOf(job.delivery.body);
    await this.repository.keep([
      { ...rowOf(job), id: ownId(job.info), tenantIds, status: 'quarantined', reason, attempts },
    ]);
    await this.repository.endAttempts([key]);
    return { settled: Promise.resolve() };
  }
}

function parse(job: Job): ParsedJob {
  const { traceId, receivedAt } = job.info;
  const items = parseDelivery(JSON.parse(job.delivery.body.toString('utf8')));
  return { ...job, items: items.map((item) => Object.assign(item, { traceId, receivedAt })) };
}

const keyOf = (info: DeliveryInfo) => `${info.deliveryId}:${info.item ?? 'whole'}`;

/** An item that is kept on its own account has its own id; a whole delivery has the delivery's. */
const ownId = (info: DeliveryInfo) =>
  info.item === null ? info.deliveryId : uuidv5(String(info.item), info.deliveryId);

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 500);

const rowOf = (job: Job) => ({ receivedAt: job.info.receivedAt, body: job.delivery.body });

/** A whole delivery is kept with what it caused. An item of a bigger one only where nobody takes it. */
function keptAs(job: ParsedJob, tenants: (string | null)[]): DeliveryRow | null {
  const unrouted = tenants.includes(null);
  if (job.info.item !== null && !unrouted) return null;
  return {
    ...rowOf(job),
    id: ownId(job.info),
    tenantIds: tenants.filter((t, i) => t !== null && tenants.indexOf(t) === i) as string[],
    status: unrouted ? 'unrouted' : 'processed',
    reason: unrouted ? 'no sender is registered for this number' : null,
    attempts: 1,
  };
}
