import { Inject, Injectable } from '@nestjs/common';
import { Drain, Health, LOGGER, type Logger } from '@scrm/platform';
import { BatchConsumer, type BatchConsumerOptions } from './batch-consumer';
import { BrokerConnection } from './connection';
import { FairShare } from './fair-share';
import { MESSAGING_OPTIONS, type MessagingOptions } from './options';
import { WorkerRoster } from './worker-roster';

const SHARE_EVERY_MS = 2_000;

export interface ServiceConsumerOptions extends Omit<BatchConsumerOptions, 'onActive'> {
  /**
   * Consumers of one group share their queues with the other workers as a whole; it is the consumer's name where
   * nothing is said.
   */
  group?: string;
}

/**
 * Starts consumers that belong to the service's life: it is ready while they consume, drains them first, and shares
 * their queues fairly with the other workers.
 */
@Injectable()
export class BatchConsumers {
  private readonly shares = new Map<string, FairShare>();
  private roster: WorkerRoster | undefined;

  constructor(
    private readonly connection: BrokerConnection,
    @Inject(MESSAGING_OPTIONS) private readonly messaging: MessagingOptions,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly health: Health,
    private readonly drain: Drain,
  ) {}

  start({ group, ...options }: ServiceConsumerOptions): BatchConsumer {
    // Alone, a queue cannot be more than a share.
    const share = options.queues.length > 1 ? this.shareOf(group ?? options.name) : undefined;
    const onActive = () => share?.soon();
    const consumer = new BatchConsumer(this.connection, { ...options, onActive }, this.logger);
    share?.add(consumer);
    this.health.register(`${options.name} consumer`, () => {
      if (!consumer.consuming) throw new Error('not consuming');
    });
    this.drain.on('stop-intake', `${options.name} consumer`, () => consumer.stop());
    return consumer;
  }

  private shareOf(group: string): FairShare {
    const roster = (this.roster ??= this.join());
    let share = this.shares.get(group);
    if (!share) {
      const everyMs = this.messaging.shareEveryMs ?? SHARE_EVERY_MS;
      share = new FairShare(() => roster.count(), everyMs, this.logger);
      this.shares.set(group, share);
    }
    return share;
  }

  private join(): WorkerRoster {
    const { names, service } = this.messaging;
    const roster = new WorkerRoster(this.connection, names.workersQueue(service));
    this.drain.on('stop-intake', 'worker roster', () => {
      for (const share of this.shares.values()) share.stop();
      return roster.leave();
    });
    return roster;
  }
}
