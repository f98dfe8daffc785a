import { Inject, Injectable } from '@nestjs/common';
import { MESSAGING_OPTIONS, Publisher, type MessagingOptions } from '@scrm/messaging';
import { LOGGER, type Logger, type Trace } from '@scrm/platform';
import { v7 as uuidv7 } from 'uuid';
import { splitDelivery } from '../cloud-api/webhook-split';
import { WABA_CONFIG, type WabaConfig } from '../config';
import { writeHeaders } from './delivery-headers';

/** Puts a delivery on the broker: each item on the queue of its customer, the bytes where they are kept. */
@Injectable()
export class WebhookPublisher {
  constructor(
    private readonly publisher: Publisher,
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    @Inject(WABA_CONFIG) private readonly config: WabaConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Resolves when the broker has all of it.
   *
   * @param options.trace where the delivery came with one
   * @throws NotPublishedError; then some items may be there already
   */
  async publish(
    body: Buffer,
    { deliveryId = uuidv7(), trace }: { deliveryId?: string; trace?: Trace | undefined } = {},
  ): Promise<number> {
    const { names } = this.options;
    const receivedAt = new Date();
    const headersOf = (item: number | null) => writeHeaders({ deliveryId, receivedAt, item, trace });
    this.logger.debug({ delivery: deliveryId, bytes: body.length }, 'delivery received');
    const split = splitDelivery(body);
    if (split.kind === 'whole') {
      await this.send(names.inboundQueue(split.partition), body, headersOf(null));
      return 1;
    }
    const archive = this.send(names.archiveQueue, body, {
      ...headersOf(null),
      ...(split.kind === 'not-json' && { poison: true }),
    });
    const parts = split.kind === 'parts' ? split.parts : [];
    await Promise.all([
      archive,
      ...parts.map((part, item) => this.send(names.inboundQueue(part.partition), part.body, headersOf(item))),
    ]);
    return parts.length;
  }

  private send(
    queue: string,
    body: Buffer,
    headers: Record<string, string | number | boolean>,
  ): Promise<void> {
    return this.publisher.publish(this.options.names.exchange.webhook, queue, body, {
      headers,
      mandatory: true,
      together: this.config.INBOUND_BUNDLE,
    });
  }
}
