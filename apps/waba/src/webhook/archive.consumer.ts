import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import {
  BatchConsumers,
  MESSAGING_OPTIONS,
  type BatchOutcome,
  type Delivery,
  type MessagingOptions,
} from '@scrm/messaging';
import { crashPoint } from '@scrm/platform';
import { InboundService } from '../message/inbound.service';
import { readHeaders } from './delivery-headers';
import { WebhookRepository, type DeliveryRow } from './webhook.repository';

/** Keeps the bytes of deliveries that were cut into items, and of those that are no JSON. */
@Injectable()
export class ArchiveConsumer implements OnModuleInit {
  constructor(
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    private readonly consumers: BatchConsumers,
    private readonly inbound: InboundService,
    private readonly repository: WebhookRepository,
  ) {}

  onModuleInit() {
    this.consumers.start({
      name: 'archive',
      queues: [this.options.names.archiveQueue],
      prefetch: 20,
      maxBatch: 20,
      handle: (batch) => this.handle(batch),
    });
  }

  private async handle(batch: Delivery[]): Promise<BatchOutcome> {
    await this.repository.keep(await Promise.all(batch.map((delivery) => this.rowOf(delivery))));
    crashPoint('archive.stored');
    return { settled: Promise.resolve() };
  }

  private async rowOf(delivery: Delivery): Promise<DeliveryRow> {
    const { deliveryId, receivedAt } = readHeaders(delivery.headers);
    const poison = delivery.headers.poison === true;
    return {
      id: deliveryId,
      tenantIds: poison ? [] : await this.inbound.tenantsOf(delivery.body),
      receivedAt,
      body: delivery.body,
      status: poison ? 'poison' : 'processed',
      reason: poison ? 'signed by Meta, but not JSON' : null,
      attempts: 1,
    };
  }
}
