import { Inject, Injectable } from '@nestjs/common';
import { accessRevoked, type Revocation } from '@scrm/contracts';
import { MESSAGING_OPTIONS, Publisher, type MessagingOptions } from '@scrm/messaging';
import { counter, LOGGER, type Logger } from '@scrm/platform';
import { AccessRepository } from './access.repository';

const revoked = counter('user_access_revocations_total', 'Access that ended before its time', ['kind']);

/** Tells everybody whose access tokens ended. */
@Injectable()
export class AccessService {
  constructor(
    private readonly repository: AccessRepository,
    private readonly publisher: Publisher,
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  ended(): Promise<Revocation[]> {
    return this.repository.ended();
  }

  /** After the commit. Where the broker does not take it, all services find it in the list within seconds. */
  async announce(revocations: Revocation[]): Promise<void> {
    if (revocations.length === 0) return;
    for (const { kind } of revocations) revoked.inc({ kind });
    const body = Buffer.from(JSON.stringify({ revocations }));
    const options = { type: accessRevoked.key, persistent: false };
    await this.publisher
      .publish(this.options.names.exchange.events, accessRevoked.key, body, options)
      .catch((err: unknown) => this.logger.warn({ err }, 'ended access not announced: it is in the list'));
  }
}
