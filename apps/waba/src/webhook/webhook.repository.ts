import { Inject, Injectable } from '@nestjs/common';
import type { WebhookDeliveryView } from '@scrm/contracts';
import { columnsOf, execute, transaction, type Transaction } from '@scrm/database';
import type { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { WABA_CONFIG, type WabaConfig } from '../config';
import { bundle, SMALLEST_BUNDLE, unbundle } from '../db/bundle';
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

/** Where the body of a delivery is: alone (its first byte, counted from 1), or in the bundle (counted from 0). */
interface PlacedRow {
  row: DeliveryRow;
  first: number | null;
  place: number | null;
}

const DELIVERIES = columnsOf<PlacedRow>({
  id: ['uuid', ({ row }) => row.id],
  tenant_ids: ['text', ({ row }) => row.tenantIds.join(',')],
  received_at: ['timestamptz', ({ row }) => row.receivedAt],
  first: ['integer', ({ first }) => first],
  bytes: ['integer', ({ row }) => row.body.length],
  place: ['integer', ({ place }) => place],
  status: ['text', ({ row }) => row.status],
  reason: ['text', ({ row }) => row.reason],
  attempts: ['integer', ({ row }) => row.attempts],
});

/** Bodies that are alone in one piece ($1): as columns they would be copied once more. And the bundle ($2, $3), if any. */
const KEEP = `
  WITH bundled AS (INSERT INTO webhook_bundle (id, bodies) SELECT $2, $3 WHERE $3::bytea IS NOT NULL)
  INSERT INTO webhook_delivery (id, tenant_ids, received_at, body, bundle_id, place, status, reason, attempts)
  SELECT DISTINCT ON (id) id, string_to_array(tenant_ids, ',')::uuid[], received_at,
         substring($1::bytea FROM first FOR bytes), CASE WHEN place IS NOT NULL THEN $2::uuid END, place,
         status, reason, attempts
    FROM ${DELIVERIES.from(4)} r
   ORDER BY id
  ON CONFLICT (id) DO UPDATE
     SET status = excluded.status, reason = excluded.reason, tenant_ids = excluded.tenant_ids,
         attempts = excluded.attempts`;

/** Larger ones are rare, and alike enough within themselves. Those that were put aside are looked into by hand. */
const LARGEST_IN_BUNDLE = 8_192;
const mayBeBundled = ({ status, body }: DeliveryRow) =>
  status === 'processed' && body.length <= LARGEST_IN_BUNDLE;

@Injectable()
export class WebhookRepository {
  constructor(
    @Inject(SYSTEM_DB) private readonly database: DataSource,
    @Inject(WABA_CONFIG) private readonly config: WabaConfig,
  ) {}

  /** Keeps deliveries. One that is kept already (it was delivered twice by the broker, or replayed) only moves on. */
  async keep(rows: DeliveryRow[]): Promise<void> {
    await transaction(this.database, async (tx) => this.keepIn(tx, rows));
  }

  keepIn(tx: Transaction, rows: DeliveryRow[]): void {
    if (rows.length === 0) return;
    const small = rows.filter(mayBeBundled).slice(0, this.config.STORED_BUNDLE);
    const together = new Set(small.length < SMALLEST_BUNDLE ? [] : small);
    const alone = rows.filter((row) => !together.has(row));
    let first = 1;
    const placed = [
      ...[...together].map((row, place) => ({ row, first: null, place })),
      ...alone.map((row) => ({ row, first: (first += row.body.length) - row.body.length, place: null })),
    ];
    tx.send(KEEP, [
      Buffer.concat(alone.map(({ body }) => body)),
      uuidv7(),
      together.size > 0 ? bundle([...together].map(({ body }) => body)) : null,
      ...DELIVERIES.values(placed),
    ]);
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
    const [row] = await this.database.query<{ body: Buffer | null; bodies: Buffer; place: number }[]>(
      `SELECT d.body, d.place, b.bodies FROM webhook_delivery d LEFT JOIN webhook_bundle b ON b.id = d.bundle_id
        WHERE d.id = $1`,
      [id],
    );
    if (!row) return null;
    return row.body ?? unbundle(row.bodies)[row.place]!;
  }

  async markReplayed(id: string): Promise<void> {
    await this.database.query('UPDATE webhook_delivery SET replayed_at = now() WHERE id = $1', [id]);
  }
}
