import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { WABA_CONFIG, type WabaConfig } from '../config';
import { SYSTEM_DB } from '../db/data-source';

/** Rows deleted in one statement: small enough to hold no lock for long. */
const PAGE = 2_000;

/** Forgets what was kept for a time only. */
@Injectable()
export class RetentionService {
  constructor(
    @Inject(SYSTEM_DB) private readonly database: DataSource,
    @Inject(WABA_CONFIG) private readonly config: WabaConfig,
  ) {}

  async run(): Promise<void> {
    const { WEBHOOK_RETENTION_DAYS: days, STREAM_RETENTION_HOURS: hours } = this.config;
    await this.inPages(
      `DELETE FROM webhook_delivery WHERE id IN (
         SELECT id FROM webhook_delivery WHERE received_at < now() - $1 * interval '1 day' LIMIT ${PAGE})`,
      days,
    );
    await this.inPages(
      `DELETE FROM stream_event WHERE (tenant_id, position) IN (
         SELECT o.tenant_id, o.position FROM stream s CROSS JOIN LATERAL (
           SELECT tenant_id, position, occurred_at FROM stream_event e
            WHERE e.tenant_id = s.tenant_id ORDER BY position LIMIT ${PAGE}) o
          WHERE o.occurred_at < now() - $1 * interval '1 hour')`,
      hours,
    );
    await this.inPages(
      `DELETE FROM idempotency_key WHERE (tenant_id, agent_id, key) IN (
         SELECT tenant_id, agent_id, key FROM idempotency_key WHERE created_at < now() - $1 * interval '1 hour' LIMIT ${PAGE})`,
      48,
    );
    // Statuses of messages that were never ours, e.g. sent with the same number by another system.
    await this.inPages(
      `DELETE FROM parked_status WHERE (sender_id, wamid, status) IN (
         SELECT sender_id, wamid, status FROM parked_status WHERE received_at < now() - $1 * interval '1 day' LIMIT ${PAGE})`,
      35,
    );
    await this.inPages(`DELETE FROM webhook_attempt WHERE last_at < now() - $1 * interval '1 day'`, days);
  }

  private async inPages(statement: string, age: number): Promise<void> {
    for (;;) {
      const [, count] = await this.database.query<[unknown[], number]>(statement, [age]);
      if (count < PAGE) return;
    }
  }
}
