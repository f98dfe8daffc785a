import { Inject, Injectable } from '@nestjs/common';
import { Drain, Health, LOGGER, type Logger } from '@scrm/platform';
import { BatchConsumer, type BatchConsumerOptions } from './batch-consumer';
import { BrokerConnection } from './connection';

/** Starts consumers that belong to the service's life: it is ready while they consume, and drains them first. */
@Injectable()
export class BatchConsumers {
  constructor(
    private readonly connection: BrokerConnection,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly health: Health,
    private readonly drain: Drain,
  ) {}

  start(options: BatchConsumerOptions): void {
    const consumer = new BatchConsumer(this.connection, options, this.logger);
    this.health.register(`${options.name} consumer`, () => {
      if (!consumer.consuming) throw new Error('not consuming');
    });
    this.drain.on('stop-intake', `${options.name} consumer`, () => consumer.stop());
  }
}
