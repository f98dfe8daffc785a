import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { presenceReport } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { Drain, LOGGER, type Logger } from '@scrm/platform';
import { WS_CONFIG, type WsConfig } from '../config';
import { Roster } from './roster';

/** Who comes is told soon, together with who comes meanwhile. Who goes has time: they may be on their way to another pod. */
const SOON_MS = 1_000;
const TIMEOUT_MS = 3_000;

/** Tells `user` whose sockets this pod has, again and again: a pod that says nothing any more has none. */
@Injectable()
export class PresenceReporter implements OnModuleInit {
  private readonly pod = `${hostname()}-${randomBytes(4).toString('hex')}`;
  private seq = 0;
  private timer: NodeJS.Timeout | undefined;
  private dueAt = Infinity;
  private running: Promise<void> = Promise.resolve();
  private failing = false;
  private stopped = false;

  constructor(
    private readonly roster: Roster,
    private readonly rpc: RpcClient,
    private readonly drain: Drain,
    @Inject(WS_CONFIG) private readonly config: WsConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit() {
    this.roster.whenJoined(() => this.within(Math.min(SOON_MS, this.config.PRESENCE_REPORT_MS)));
    this.within(this.config.PRESENCE_REPORT_MS);
    this.drain.on('close-clients', 'presence', async () => {
      await this.roster.empty();
      this.stopped = true;
      clearTimeout(this.timer);
      await this.running;
      // Nobody: they do not have to wait until this pod is missed.
      await this.report();
    });
  }

  private within(ms: number) {
    const at = performance.now() + ms;
    if (this.stopped || at >= this.dueAt) return;
    this.dueAt = at;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.dueAt = Infinity;
      this.running = this.running.then(() => this.report());
      this.within(this.config.PRESENCE_REPORT_MS);
    }, ms);
  }

  private async report() {
    const report = { pod: this.pod, seq: ++this.seq, tenants: this.roster.agents() };
    try {
      await this.rpc.call(presenceReport, report, { timeoutMs: TIMEOUT_MS });
      this.failing = false;
    } catch (err) {
      // Said again in time anyway.
      if (!this.failing) this.logger.warn({ err }, 'user does not hear who has sockets here');
      this.failing = true;
    }
  }
}
