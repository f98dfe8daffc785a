import { Inject, Injectable } from '@nestjs/common';
import { conversationChanged } from '@scrm/contracts';
import { MESSAGING_OPTIONS, Publisher, writeChanges, type MessagingOptions } from '@scrm/messaging';
import { LOGGER, type Logger } from '@scrm/platform';
import { WABA_CONFIG, type WabaConfig } from '../config';
import { InterestPublisher } from './interest.publisher';
import type { TenantChanges } from './timeline';

/** Tells everyone what a transaction made visible. */
@Injectable()
export class StreamPublisher {
  private readonly byInterest: InterestPublisher | undefined;

  constructor(
    private readonly publisher: Publisher,
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(WABA_CONFIG) { REALTIME_ROUTING: routing }: Pick<WabaConfig, 'REALTIME_ROUTING'>,
  ) {
    if (routing === 'interest') {
      this.byInterest = new InterestPublisher(publisher, options.names.exchange.interest);
    }
  }

  /** As {@link publish}, for a caller who has its answer already: a failure is only logged. */
  async announce(changes: TenantChanges[]): Promise<void> {
    await this.publish(changes).catch((err: unknown) => this.logger.warn({ err }, 'changes not announced'));
  }

  /**
   * Resolves when the broker has all of it. Where it does not, the changes are in the database all the same: whoever
   * follows a stream sees by its positions that something is missing, and reads it there.
   */
  async publish(changes: TenantChanges[]): Promise<void> {
    if (this.byInterest) return this.byInterest.publish(changes);
    // One message a tenant, whatever the number of changes.
    await Promise.all(
      changes.map((change) =>
        this.publisher.publish(
          this.options.names.exchange.events,
          conversationChanged.key,
          writeChanges(change),
          { type: conversationChanged.key, persistent: false },
        ),
      ),
    );
  }
}
