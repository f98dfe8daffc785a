import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Drain, gauge, LOGGER, type Logger } from '@scrm/platform';
import type { DataSource } from 'typeorm';
import { WABA_CONFIG, type WabaConfig } from '../config';
import { SYSTEM_DB } from '../db/data-source';
import { HandOverService } from '../hand-over/hand-over.service';
import { DispatchPublisher } from '../message/dispatch.publisher';
import { MeasureService } from './measure.service';
import { OverdueService } from './overdue.service';
import { PARKED_DAYS, RetentionService } from './retention.service';

interface Duty {
  name: string;
  everyMs: number;
  run: () => Promise<void>;
}

/** At a time: a scheduler that is to stop waits for it. */
const HAND_OVER_MS = 2_000;

/** When each duty was last done; a duty that fails again and again falls behind. */
const doneAt = new Map<string, number>();

gauge('scheduler_lag_seconds', 'Since a duty was last done', ['duty'], (metric) => {
  for (const [duty, at] of doneAt) metric.set({ duty }, (Date.now() - at) / 1000);
});

/** What has to be looked after by the clock. Duties are idempotent, so two schedulers at once do no harm. */
@Injectable()
export class Scheduler implements OnModuleInit {
  private stopped = false;
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly running = new Set<Promise<void>>();

  constructor(
    @Inject(SYSTEM_DB) private readonly database: DataSource,
    @Inject(WABA_CONFIG) private readonly config: WabaConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly dispatch: DispatchPublisher,
    private readonly handOvers: HandOverService,
    private readonly measure: MeasureService,
    private readonly overdue: OverdueService,
    private readonly retention: RetentionService,
    private readonly drain: Drain,
  ) {}

  onModuleInit() {
    const hour = 60 * 60_000;
    const duties: Duty[] = [
      { name: 'nudge waiting messages', everyMs: 1_000, run: () => this.nudgeWaiting() },
      {
        name: 'end lost sends',
        everyMs: 1_000,
        run: () => this.overdue.endLostSends(this.config.GRAPH_TIMEOUT_MS + 5_000),
      },
      { name: 'apply parked statuses', everyMs: 2_000, run: () => this.overdue.applyParked(60) },
      {
        name: 'apply old parked statuses',
        everyMs: hour / 6,
        run: () => this.overdue.applyParked(PARKED_DAYS * 24 * 60),
      },
      { name: 'hand over', everyMs: 500, run: () => this.handOvers.work(HAND_OVER_MS) },
      { name: 'measure queues', everyMs: 5_000, run: () => this.measure.brokerQueues() },
      { name: 'measure what waits', everyMs: 10_000, run: () => this.measure.waiting() },
      { name: 'retention', everyMs: hour / 6, run: () => this.retention.run() },
    ];
    for (const duty of duties) {
      doneAt.set(duty.name, Date.now());
      this.plan(duty, duty.everyMs);
    }
    this.drain.on('stop-intake', 'scheduler', async () => {
      this.stopped = true;
      for (const timer of this.timers) clearTimeout(timer);
      await Promise.allSettled(this.running);
    });
  }

  private plan(duty: Duty, wait: number) {
    if (this.stopped) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      const run = this.perform(duty).finally(() => {
        this.running.delete(run);
        this.plan(duty, duty.everyMs);
      });
      this.running.add(run);
    }, wait);
    this.timers.add(timer);
  }

  private async perform(duty: Duty) {
    try {
      if (this.database.isInitialized) await duty.run();
      doneAt.set(duty.name, Date.now());
    } catch (err) {
      this.logger.warn({ err, duty: duty.name }, 'duty failed: it is tried again');
    }
  }

  /** A hint may be lost, or fall to a dispatcher that died: what waits is hinted at again. */
  private async nudgeWaiting() {
    const rows = await this.database.query<{ sender_id: string; ids: string[] }[]>(
      `SELECT s.id AS sender_id, w.ids FROM sender s CROSS JOIN LATERAL (
         SELECT array_agg(DISTINCT d.conversation_id) AS ids FROM (
           SELECT DISTINCT m.conversation_id FROM message m
            WHERE m.sender_id = s.id AND m.status = 'queued'
              AND coalesce(m.next_attempt_at, m.created_at + interval '2 seconds') <= now() LIMIT 500) d) w
        WHERE s.status = 'active' AND w.ids IS NOT NULL`,
    );
    await Promise.all(rows.map((r) => this.dispatch.nudge(r.sender_id, r.ids)));
  }
}
