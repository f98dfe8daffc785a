import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { WABA_CONFIG, type WabaConfig } from '../config';
import { NIL, v7 as uuidv7 } from 'uuid';
import { SYSTEM_DB } from '../db/data-source';
import { PUT_ASIDE } from '../webhook/webhook.entity';

/** Rows deleted in one statement: small enough to hold no lock for long. */
const PAGE = 2_000;

/** How long the statuses of unknown messages are kept. */
export const PARKED_DAYS = 35;

/** Forgets what was kept for a time only. */
@Injectable()
export class RetentionService {
  constructor(
    @Inject(SYSTEM_DB) private readonly database: DataSource,
    @Inject(WABA_CONFIG) private readonly config: WabaConfig,
  ) {}

  async run(): Promise<void> {
    const { WEBHOOK_RETENTION_DAYS: days, STREAM_RETENTION_HOURS: hours } = this.config;
    await this.forgetDeliveries(days);
    await this.forgetEvents(hours);
    await this.forget('idempotency_key', 'created_at', 48);
    // Statuses of messages that were never ours, e.g. sent with the same number by another system.
    await this.forget('parked_status', 'received_at', PARKED_DAYS * 24);
    // Holds only what is being tried again: a few rows.
    await this.database.query(`DELETE FROM webhook_attempt WHERE last_at < now() - $1 * interval '1 day'`, [
      days,
    ]);
  }

  /**
   * Their ids are in the order of time, which saves them an index of their age. What was put aside may have another id:
   * an item of a larger delivery does.
   */
  private async forgetDeliveries(days: number): Promise<void> {
    await this.forgetBefore('webhook_delivery', firstIdOf(days));
    // Stored after all in it came: by the clock of another process, so a day later than them.
    await this.forgetBefore('webhook_bundle', firstIdOf(days + 1));
    for (const status of PUT_ASIDE) {
      await this.forget('webhook_delivery', 'received_at', days * 24, `status = '${status}'`);
    }
  }

  private forgetBefore(table: string, id: string): Promise<void> {
    return this.forgetPages(table, { column: 'id', type: 'uuid' }, NIL, '$2::uuid', id);
  }

  /** Rows older than that. */
  private forget(table: string, column: string, hours: number, which?: string): Promise<void> {
    const end = `now() - $2 * interval '1 hour'`;
    return this.forgetPages(table, { column, type: 'timestamptz', which }, '-infinity', end, hours);
  }

  /**
   * Rows up to an end, in the order of a column. Each page goes on where the one before ended: what was deleted lies at
   * the beginning of the index until the next vacuum, and reading past all of it again and again would take ever longer.
   */
  private async forgetPages(
    table: string,
    { column, type, which = 'true' }: { column: string; type: string; which?: string },
    first: string,
    end: string,
    parameter: unknown,
  ): Promise<void> {
    let from = first;
    for (;;) {
      const [page] = await this.database.query<{ count: number; last: string | null }[]>(
        `WITH old AS MATERIALIZED (
           SELECT ctid AS row, ${column} AS at FROM ${table}
            WHERE ${which} AND ${column} >= $1::${type} AND ${column} < ${end}
            ORDER BY ${column} LIMIT ${PAGE}
         ), gone AS (DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT row FROM old)))
         SELECT count(*)::int AS count, (SELECT at::text FROM old ORDER BY at DESC LIMIT 1) AS last FROM old`,
        [from, parameter],
      );
      if (page!.count < PAGE) return;
      from = page!.last!;
    }
  }

  /** From the beginning of each stream up to the first event that is young enough: what is left has no hole. */
  private async forgetEvents(hours: number): Promise<void> {
    const streams = await this.database.query<{ tenant_id: string; first: string }[]>(
      `SELECT s.tenant_id, o.position AS first FROM stream s CROSS JOIN LATERAL (
         SELECT e.position, e.occurred_at FROM stream_event e
          WHERE e.tenant_id = s.tenant_id ORDER BY e.position LIMIT 1) o
        WHERE o.occurred_at < now() - $1 * interval '1 hour'`,
      [hours],
    );
    for (const { tenant_id: tenantId, first } of streams) {
      let from = BigInt(first);
      while (await this.forgetPage(tenantId, from, hours)) from += BigInt(PAGE);
    }
  }

  /** @returns whether all of the page was old */
  private async forgetPage(tenantId: string, from: bigint, hours: number): Promise<boolean> {
    const [page] = await this.database.query<{ old: number }[]>(
      `WITH page AS MATERIALIZED (
         SELECT ctid AS row, bool_and(occurred_at < now() - $3 * interval '1 hour') OVER (ORDER BY position) AS old
           FROM stream_event WHERE tenant_id = $1 AND position >= $2 AND position < $2 + ${PAGE}
       ), gone AS (DELETE FROM stream_event WHERE ctid = ANY (ARRAY(SELECT row FROM page WHERE old)))
       SELECT count(*) FILTER (WHERE old)::int AS old FROM page`,
      [tenantId, from.toString(), hours],
    );
    return page!.old === PAGE;
  }
}

/** The first id that anything could get so many days ago. */
const firstIdOf = (days: number) =>
  uuidv7({ msecs: Date.now() - days * 24 * 3_600_000, seq: 0, random: new Uint8Array(16) });
