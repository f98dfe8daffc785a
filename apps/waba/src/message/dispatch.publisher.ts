import { Inject, Injectable } from '@nestjs/common';
import { OUTBOUND_PARTITIONS, partitionOf } from '@scrm/contracts';
import { MESSAGING_OPTIONS, Publisher, type MessagingOptions } from '@scrm/messaging';
import { LOGGER, type Logger } from '@scrm/platform';

export interface Nudge {
  senderId: string;
  conversationIds: string[];
}

/**
 * Tells the dispatcher that a conversation has something to send. Only a hint: what is to be sent stands in the
 * database, and the scheduler hints again at what waits too long. All hints of a sender go to one consumer, so the
 * limits of the number are kept in one place.
 */
@Injectable()
export class DispatchPublisher {
  constructor(
    private readonly publisher: Publisher,
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async nudge(senderId: string, conversationIds: string[]): Promise<void> {
    const { names } = this.options;
    const queue = names.outboundQueue(partitionOf(senderId, OUTBOUND_PARTITIONS));
    const body = Buffer.from(JSON.stringify({ senderId, conversationIds } satisfies Nudge));
    await this.publisher
      .publish(names.exchange.outbound, queue, body, { persistent: false })
      .catch((err: unknown) => this.logger.warn({ err }, 'dispatcher not told: the scheduler will'));
  }
}
