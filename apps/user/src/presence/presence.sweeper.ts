import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Drain, Health, LOGGER, type Logger } from '@scrm/platform';
import { USER_CONFIG, type UserConfig } from '../config';
import { repeat } from '../repeat';
import { PresenceService } from './presence.service';

const EVERY_MS = 5_000;

/**
 * Lets go of pods that are not heard any more: only where this process could have heard them. One that has just
 * started, or whose broker or database was away, listens for a whole lease first; so a restart of this service, or of
 * the broker, sends nobody away.
 */
@Injectable()
export class PresenceSweeper implements OnModuleInit {
  private listeningSince: number | undefined;

  constructor(
    private readonly presence: PresenceService,
    private readonly health: Health,
    private readonly drain: Drain,
    @Inject(USER_CONFIG) private readonly config: UserConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit() {
    const everyMs = Math.min(EVERY_MS, (this.config.PRESENCE_LEASE_S * 1000) / 3);
    const { drain, logger } = this;
    repeat({ name: 'presence', everyMs, work: () => this.round().then(() => false) }, { drain, logger });
  }

  private async round(): Promise<void> {
    const { PRESENCE_LEASE_S: leaseS, PRESENCE_GRACE_S: graceS } = this.config;
    try {
      const { ready } = await this.health.readiness();
      this.listeningSince = ready ? (this.listeningSince ?? performance.now()) : undefined;
      if (this.listeningSince === undefined || performance.now() - this.listeningSince < leaseS * 1000)
        return;
      await this.presence.sweep(leaseS, graceS);
    } catch (error) {
      // Who was heard meanwhile is not known.
      this.listeningSince = undefined;
      throw error;
    }
  }
}
