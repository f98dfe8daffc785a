import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { streamHeads, streamRead, type RpcResponse } from '@scrm/contracts';
import { OnRpc } from '@scrm/messaging';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import { SYSTEM_DB } from '../db/data-source';
import { STORED_EVENT, toEvents, type StoredEvent } from './stored-event';

/** The history of the streams, for the ws pods: they act for all tenants whose agents they hold. */
@Controller()
export class StreamRpc {
  constructor(@Inject(SYSTEM_DB) private readonly database: DataSource) {}

  @OnRpc(streamHeads, 'service')
  async heads(
    @Payload() { tenantIds }: z.output<typeof streamHeads.request>,
  ): Promise<RpcResponse<typeof streamHeads>> {
    // A stream is made when it is first asked for, so that its epoch is known before its first event.
    await this.database.query(
      `INSERT INTO stream (tenant_id, epoch, head)
       SELECT t, gen_random_uuid(), 0 FROM unnest($1::uuid[]) t
        WHERE NOT EXISTS (SELECT FROM stream WHERE tenant_id = t)
       ON CONFLICT DO NOTHING`,
      [tenantIds],
    );
    const heads = await this.database.query<{ tenantId: string; epoch: string; head: number }[]>(
      `SELECT tenant_id AS "tenantId", epoch, head::float8 AS head FROM stream WHERE tenant_id = ANY($1)`,
      [tenantIds],
    );
    return { heads };
  }

  @OnRpc(streamRead, 'service')
  async read(
    @Payload() request: z.output<typeof streamRead.request>,
  ): Promise<RpcResponse<typeof streamRead>> {
    const { tenantId, epoch, after, limit } = request;
    const [stream] = await this.database.query<{ epoch: string; head: number; first: number | null }[]>(
      `SELECT epoch, head::float8 AS head,
              (SELECT min(position)::float8 FROM stream_event e WHERE e.tenant_id = s.tenant_id) AS first
         FROM stream s WHERE tenant_id = $1`,
      [tenantId],
    );
    if (!stream) return { epoch: epoch ?? 'none', head: 0, reset: after > 0, complete: true, events: [] };
    const forgotten = after < stream.head && (stream.first === null || stream.first > after + 1);
    if ((epoch !== null && epoch !== stream.epoch) || after > stream.head || forgotten) {
      return { epoch: stream.epoch, head: stream.head, reset: true, complete: true, events: [] };
    }
    const upTo = Math.min(request.upTo ?? stream.head, stream.head);
    const rows = await this.database.query<StoredEvent[]>(
      `SELECT ${STORED_EVENT} FROM stream_event e
        WHERE e.tenant_id = $1 AND e.position > $2 AND e.position <= $3 ORDER BY e.position LIMIT $4`,
      [tenantId, after, upTo, limit],
    );
    // Retention may have come between the two questions.
    const gap = rows[0] ? rows[0].position !== after + 1 : after < upTo;
    if (gap) return { epoch: stream.epoch, head: stream.head, reset: true, complete: true, events: [] };
    const last = rows.at(-1)?.position ?? after;
    return {
      epoch: stream.epoch,
      head: stream.head,
      reset: false,
      complete: last >= upTo,
      events: toEvents(rows),
    };
  }
}
