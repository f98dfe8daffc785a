import { Inject, Injectable } from '@nestjs/common';
import type { WebhookDeliveryView } from '@scrm/contracts';
import { columnsOf, execute, transaction, type Transaction } from '@scrm/database';
import type { DataSource } from 'typeorm';
import { SYSTEM_DB } from '../db/data-source';

export interface DeliveryRow {
  id: string;
  tenantIds: string[];
  receivedAt: Date;
  body: Buffer;
  status: WebhookDeliveryView['status'];
  reason: string | null;
  attempts: number;
}

const DELIVERIES = columnsOf<{ row: DeliveryRow; first: number }>({
  id: ['uuid', ({ row }) => row.id],
  tenant_ids: ['text', ({ row }) => row.tenantIds.join(',')],
  received_at: ['timestamptz', ({ row }) => row.receivedAt],
  first: ['integer', ({ first }) => first],
  bytes: ['integer', ({ row }) => row.body.length],
  status: ['text', ({ row }) => row.status],
  reason: ['text', ({ row }) => row.reason],
  attempts: ['integer', ({ row }) => row.attempts],
});

const KEEP = `
  INSERT INTO webhook_delivery (id, tenant_ids, received_at, body, status, reason, attempts)
  SELECT DISTINCT ON (id) id, string_to_array(tenant_ids, ',')::uuid[], received_at,
         substring($1::bytea FROM first FOR bytes), status, reason, attempts
    FROM ${DELIVERIES.from(2)} r
   ORDER BY id
  ON CONFLICT (id) DO UPDATE
     SET status = excluded.status, reason = excluded.reason, tenant_ids = excluded.tenant_ids,
         attempts = excluded.attempts`;

@Injectable()
export class WebhookRepository {
  constructor(@Inject(SYSTEM_DB) private readonly database: DataSource) {}

  /** Keeps deliveries. One that is kept already (it was delivered twice by the broker, or replayed) only moves on. */
  async keep(rows: DeliveryRow[]): Promise<void> {
    await transaction(this.database, async (tx) => this.keepIn(tx, rows));
  }

  keepIn(tx: Transaction, rows: DeliveryRow[]): void {
    if (rows.length === 0) return;
    // Bytes count from 1.
    let first = 1;
    const placed = rows.map((row) => ({ row, first: (first += row.body.length) - row.body.length }));
    // In one piece: as columns they would be copied once more.
    tx.send(KEEP, [Buffer.concat(rows.map((r) => r.body)), ...DELIVERIES.values(placed)]);
  }

  /** Counts a try of a delivery that came back, before it is made: one that kills the process counts too. */
  async beginAttempt(deliveryKey: string): Promise<number> {
    const [row] = await execute<{ attempts: number }>(
      this.database,
      `INSERT INTO webhook_attempt (delivery_key, attempts) VALUES ($1, 1)
       ON CONFLICT (delivery_key) DO UPDATE SET attempts = webhook_attempt.attempts + 1, last_at = now()
       RETURNING attempts`,
      [deliveryKey],
    );
    return row!.attempts;
  }

  /** Counts the first try of all of them, if it is the first of all of them; else does nothing and says so. */
  async beginFirstAttempts(deliveryKeys: string[]): Promise<boolean> {
    const begun = await this.database.query<unknown[]>(
      `INSERT INTO webhook_attempt (delivery_key, attempts)
       SELECT DISTINCT key, 1 FROM unnest($1::text[]) AS key
        WHERE NOT EXISTS (SELECT FROM webhook_attempt WHERE delivery_key = ANY($1))
        ORDER BY key
       ON CONFLICT DO NOTHING
       RETURNING delivery_key`,
      [deliveryKeys],
    );
    return begun.length === new Set(deliveryKeys).size;
  }

  async endAttempts(deliveryKeys: string[]): Promise<void> {
    await execute(this.database, 'DELETE FROM webhook_attempt WHERE delivery_key = ANY($1)', [deliveryKeys]);
  }

  async bodyOf(id: string): Promise<Buffer | null> {
    const [row] = await this.database.query<{ body: Buffer }[]>(
      'SELECT body FROM webhook_delivery WHERE id = $1',
      [id],
    );
    return row?.body ?? null;
  }

  async markReplayed(id: string): Promise<void> {
    await this.database.query('UPDATE webhook_delivery SET replayed_at = now() WHERE id = $1', [id]);
  }
}
