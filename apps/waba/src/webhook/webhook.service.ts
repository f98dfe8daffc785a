import { Inject, Injectable } from '@nestjs/common';
import type { RpcResponse, webhookDeliveryList, WebhookDeliveryView } from '@scrm/contracts';
import { actorOf, filtered, inTenant, recordAudit, SortedList } from '@scrm/database';
import type { Caller } from '@scrm/messaging';
import { AppError } from '@scrm/platform';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import { APP_DB } from '../db/data-source';
import { WebhookPublisher } from './webhook.publisher';
import { WebhookRepository } from './webhook.repository';

interface Row {
  id: string;
  received_at: Date;
  status: WebhookDeliveryView['status'];
  reason: string | null;
  attempts: number;
  replayed_at: Date | null;
}

const COLUMNS = 'id, received_at, status, reason, attempts, replayed_at';

/** Their ids are in the order in which they came. */
const DELIVERIES = new SortedList<'receivedAt', Row>({
  id: 'id',
  idOf: ({ id }) => id,
  orders: { receivedAt: null },
  byDefault: '-receivedAt',
});

/** Raw deliveries, for those who look after the system. Their bodies may name other tenants and are not shown. */
@Injectable()
export class WebhookService {
  constructor(
    @Inject(APP_DB) private readonly database: DataSource,
    private readonly repository: WebhookRepository,
    private readonly publisher: WebhookPublisher,
  ) {}

  async list(
    { principal }: Caller,
    { cursor, limit, status, sort }: z.output<typeof webhookDeliveryList.request>,
  ): Promise<RpcResponse<typeof webhookDeliveryList>> {
    const place = DELIVERIES.place(sort, cursor);
    const parameters: unknown[] = [];
    const { where, orderBy } = DELIVERIES.sql(place, parameters);
    const filters = filtered(parameters, [[status, (p) => `status = ${p}`]]);
    const rows = await inTenant(this.database, principal.tenantId, (manager) =>
      manager.query<Row[]>(
        `SELECT ${COLUMNS} FROM webhook_delivery WHERE ${where}${filters} ORDER BY ${orderBy} LIMIT ${limit + 1}`,
        parameters,
      ),
    );
    return DELIVERIES.page(rows, limit, place, toView);
  }

  /** Once more down the road in, with the same id: what is stored is found, and nothing happens twice. */
  async replay({ principal }: Caller, id: string): Promise<{ deliveryId: string; replayedItems: number }> {
    await inTenant(this.database, principal.tenantId, async (manager) => {
      const seen = await manager.query<unknown[]>('SELECT id FROM webhook_delivery WHERE id = $1', [id]);
      if (seen.length === 0)
        throw new AppError('not_found', 'There is no such delivery, or its time to be kept is over.');
      const target = { kind: 'webhook-delivery', id };
      await recordAudit(manager, { by: actorOf(principal), action: 'webhook-delivery.replayed', target });
    });
    return { deliveryId: id, replayedItems: await this.putBack(id) };
  }

  /** @returns how many items went on the road */
  async putBack(id: string): Promise<number> {
    const body = await this.repository.bodyOf(id);
    if (!body) throw new AppError('not_found', 'There is no such delivery.');
    await this.repository.markReplayed(id);
    return this.publisher.publish(body, { deliveryId: id });
  }
}

function toView(r: Row): WebhookDeliveryView {
  return {
    id: r.id,
    receivedAt: r.received_at.toISOString(),
    status: r.status,
    reason: r.reason,
    attempts: r.attempts,
    replayedAt: r.replayed_at?.toISOString() ?? null,
  };
}
