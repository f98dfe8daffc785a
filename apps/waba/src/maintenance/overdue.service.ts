import { Inject, Injectable } from '@nestjs/common';
import { transaction } from '@scrm/database';
import { counter, crashPoint } from '@scrm/platform';
import type { DataSource } from 'typeorm';
import type { StatusUpdate } from '../cloud-api/webhook-parser';
import { SYSTEM_DB } from '../db/data-source';
import { lockMessages } from '../message/message.repository';
import { StatusService } from '../message/status.service';
import { StreamPublisher } from '../stream/stream.publisher';
import { Timeline, type TenantChanges } from '../stream/timeline';

const PAGE = 200;

const lostSends = counter(
  'message_lost_sends_total',
  'Sends whose process ended before WhatsApp answered: unknown from then on',
);

/** What did not end in its time. */
@Injectable()
export class OverdueService {
  constructor(
    @Inject(SYSTEM_DB) private readonly database: DataSource,
    private readonly statuses: StatusService,
    private readonly stream: StreamPublisher,
  ) {}

  /**
   * A message whose sender process died between its claim and the answer: it may have gone out or not, and is not
   * sent again. Its status webhook, or a person, will tell.
   */
  async endLostSends(olderThanMs: number): Promise<void> {
    let ended = 0;
    const changes = await transaction(this.database, async (tx): Promise<TenantChanges[]> => {
      const lost = await tx.query<{ id: string; conversation_id: string }>(
        `SELECT id, conversation_id FROM message
          WHERE status = 'sending' AND claimed_at < now() - $1 * interval '1 millisecond' LIMIT ${PAGE}`,
        [olderThanMs],
      );
      if (lost.length === 0) return [];
      const timeline = await Timeline.open(
        tx,
        lost.map((l) => l.conversation_id),
      );
      const locked = await lockMessages(
        tx,
        lost.map((l) => l.id),
      );
      // Its answer may have come since.
      const messages = locked.filter((message) => message.status === 'sending');
      for (const message of messages) {
        message.status = 'unknown';
        message.error = { code: 0, title: 'The sending process ended before WhatsApp answered' };
        timeline.update(message);
        timeline.record(timeline.get(message.conversation_id), 'message.status', message);
      }
      ended = messages.length;
      return timeline.commit();
    });
    lostSends.inc(ended);
    await this.stream.announce(changes);
  }

  /**
   * Statuses that were parked before their message became known. Most never find one: they are of messages that
   * another system sent with the same number. So it looks at the youngest often, and at all of them seldom.
   */
  async applyParked(youngerThanMinutes: number): Promise<void> {
    const changes = await transaction(this.database, async (tx): Promise<TenantChanges[]> => {
      const parked = await tx.query<{
        tenant_id: string;
        sender_id: string;
        message_id: string;
        conversation_id: string;
        wamid: string;
      }>(
        `SELECT p.tenant_id, p.sender_id, p.wamid, k.message_id, k.conversation_id FROM parked_status p
           JOIN message_key k ON k.sender_id = p.sender_id AND k.wamid = p.wamid
          WHERE p.received_at > now() - $1 * interval '1 minute' LIMIT ${PAGE}`,
        [youngerThanMinutes],
      );
      if (parked.length === 0) return [];
      const timeline = await Timeline.open(
        tx,
        parked.map((p) => p.conversation_id),
      );
      const updates = await this.statuses.unpark(
        tx,
        parked.map((p) => ({ senderId: p.sender_id, wamid: p.wamid })),
      );
      const located = parked.flatMap((p) => {
        const key = `${p.sender_id}:${p.wamid}`;
        const own: StatusUpdate[] = updates.get(key) ?? [];
        updates.delete(key);
        return own.map((update) => ({
          tenantId: p.tenant_id,
          senderId: p.sender_id,
          update,
          messageId: p.message_id,
          conversationId: p.conversation_id,
        }));
      });
      this.statuses.apply(tx, timeline, located, await this.statuses.lock(tx, located));
      return timeline.commit();
    });
    if (changes.length > 0) crashPoint('parked.applied');
    await this.stream.announce(changes);
  }
}
