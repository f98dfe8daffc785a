import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { OUTBOUND_PARTITIONS } from '@scrm/contracts';
import {
  BatchConsumers,
  MESSAGING_OPTIONS,
  type BatchOutcome,
  type Delivery,
  type MessagingOptions,
} from '@scrm/messaging';
import { crashPoint, LOGGER, type Logger } from '@scrm/platform';
import { SenderDirectory } from '../sender/sender.directory';
import type { Nudge } from './dispatch.publisher';
import { Dispatcher } from './dispatcher';

/** Hands hints to the dispatcher. Each partition has one consumer, so each sender has one dispatcher. */
@Injectable()
export class MessageSenderConsumer implements OnModuleInit {
  constructor(
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly consumers: BatchConsumers,
    private readonly dispatcher: Dispatcher,
    private readonly senders: SenderDirectory,
  ) {}

  onModuleInit() {
    this.consumers.start({
      name: 'outbound',
      queues: Array.from({ length: OUTBOUND_PARTITIONS }, (_, p) => this.options.names.outboundQueue(p)),
      prefetch: 100,
      maxBatch: 100,
      handle: (batch) => this.handle(batch),
    });
  }

  private async handle(batch: Delivery[]): Promise<BatchOutcome> {
    crashPoint('dispatch.taken');
    const rates = await this.senders.ratesById();
    for (const { body } of batch) {
      const nudge = readNudge(body);
      const rate = nudge && rates.get(nudge.senderId);
      if (rate) this.dispatcher.wake(nudge.senderId, nudge.conversationIds, rate);
      else this.logger.warn({ bytes: body.length }, 'a hint that nobody can follow');
    }
    return { settled: Promise.resolve() };
  }
}

function readNudge(body: Buffer): Nudge | null {
  try {
    const nudge = JSON.parse(body.toString('utf8')) as Nudge;
    return Array.isArray(nudge.conversationIds) ? nudge : null;
  } catch {
    return null;
  }
}
