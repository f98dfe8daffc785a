import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Drain, Health, LOGGER, type Logger } from '@scrm/platform';
import { USER_CONFIG, type UserConfig } from '../config';
import { PresenceService } from './presence.service';

const EVERY_MS = 5_000;

/**
 * Lets go of pods that are not heard any more: only where this process could have heard them. One that has just
 * started, or whose broker or database was away, listens for a whole lease first; so a restart of this service, or of
 * the broker, sends nobody away.
 */
@Injectable()
export class PresenceSweeper implements OnModuleInit {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private listeningSince: number | undefined;

  constructor(
    private readonly presence: PresenceService,
    private readonly health: Health,
    private readonly drain: Drain,
    @Inject(USER_CONFIG) private readonly config: UserConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit() {
    this.plan();
    this.drain.on('stop-intake', 'presence', async () => {
      this.stopped = true;
      clearTimeout(this.timer);
      await this.running;
    });
  }

  private plan() {
    if (this.stopped) return;
    const wait = Math.min(EVERY_MS, (this.config.PRESENCE_LEASE_S * 1000) / 3);
    this.timer = setTimeout(() => {
      this.running = this.round().finally(() => this.plan());
    }, wait);
  }

  private async round() {
    const { PRESENCE_LEASE_S: leaseS, PRESENCE_GRACE_S: graceS } = this.config;
    try {
      const { ready } = await this.health.readiness();
      this.listeningSince = ready ? (this.listeningSince ?? performance.now()) : undefined;
      if (this.listeningSince === undefined || performance.now() - this.listeningSince < leaseS * 1000)
        return;
      await this.presence.sweep(leaseS, graceS);
    } catch (err) {
      this.listeningSince = undefined;
      this.logger.warn({ err }, 'who is gone is not known now: it is looked for again');
    }
  }
}
