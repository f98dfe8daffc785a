import { Inject, Injectable } from '@nestjs/common';
import { Drain, Health, LOGGER, type Logger } from '@scrm/platform';
import { BatchConsumer, type BatchConsumerOptions } from './batch-consumer';
import { BrokerConnection } from './connection';
import { FairShare } from './fair-share';
import { MESSAGING_OPTIONS, type MessagingOptions } from './options';
import { WorkerRoster } from './worker-roster';

const SHARE_EVERY_MS = 2_000;

/**
 * Starts consumers that belong to the service's life: it is ready while they consume, drains them first, and shares
 * their queues fairly with the other workers.
 */
@Injectable()
export class BatchConsumers {
  private readonly shares: FairShare[] = [];
  private roster: WorkerRoster | undefined;

  constructor(
    private readonly connection: BrokerConnection,
    @Inject(MESSAGING_OPTIONS) private readonly messaging: MessagingOptions,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly health: Health,
    private readonly drain: Drain,
  ) {}

  start(options: Omit<BatchConsumerOptions, 'onActive'>): BatchConsumer {
    let share: FairShare | undefined;
    const onActive = () => share?.soon();
    const consumer = new BatchConsumer(this.connection, { ...options, onActive }, this.logger);
    // Alone, a queue cannot be more than a share.
    if (options.queues.length > 1) share = this.share(consumer);
    this.health.register(`${options.name} consumer`, () => {
      if (!consumer.consuming) throw new Error('not consuming');
    });
    this.drain.on('stop-intake', `${options.name} consumer`, () => consumer.stop());
    return consumer;
  }

  private share(consumer: BatchConsumer): FairShare {
    const roster = (this.roster ??= this.join());
    const everyMs = this.messaging.shareEveryMs ?? SHARE_EVERY_MS;
    const share = new FairShare(consumer, () => roster.count(), everyMs, this.logger);
    this.shares.push(share);
    return share;
  }

  private join(): WorkerRoster {
    const { names, service } = this.messaging;
    const roster = new WorkerRoster(this.connection, names.workersQueue(service));
    this.drain.on('stop-intake', 'worker roster', () => {
      for (const share of this.shares) share.stop();
      return roster.leave();
    });
    return roster;
  }
}
