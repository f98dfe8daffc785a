import { Injectable } from '@nestjs/common';
import { counter } from '@scrm/platform';
import type { Transaction } from '@scrm/database';
import type { StatusUpdate, Traced } from '../cloud-api/webhook-parser';
import type { MessageRecord } from '../conversation/conversation.record';
import type { Timeline } from '../stream/timeline';
import { lockMessages } from './message.repository';
import { nextStatus } from './status';

export interface StatusOf {
  tenantId: string;
  senderId: string;
  update: Traced<StatusUpdate>;
}

/** A status and the message that it is about. */
export interface LocatedStatus extends StatusOf {
  messageId: string;
  conversationId: string;
}

interface Key {
  sender_id: string;
  wamid: string;
  message_id: string;
  conversation_id: string;
}

const statusTotal = counter('message_status_total', 'Statuses of outgoing messages', ['outcome']);
const OUR_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

@Injectable()
export class StatusService {
  /**
   * Finds the message of each status: by WhatsApp's id; else by our own id, which came back with it (then the answer
   * to our send was lost, or is still on its way). The rest is parked until its message is known.
   */
  async locate(tx: Transaction, statuses: StatusOf[]): Promise<LocatedStatus[]> {
    if (statuses.length === 0) return [];
    const rows = statuses.map(({ senderId, update }) => ({
      sender_id: senderId,
      wamid: update.wamid,
      message_id: update.callbackData && OUR_ID.test(update.callbackData) ? update.callbackData : null,
    }));
    const keys = await tx.query<Key>(
      `SELECT i.sender_id, i.wamid, coalesce(k.message_id, m.id) AS message_id,
              coalesce(k.conversation_id, m.conversation_id) AS conversation_id
         FROM jsonb_to_recordset($1) AS i(sender_id uuid, wamid text, message_id uuid)
         LEFT JOIN message_key k ON k.sender_id = i.sender_id AND k.wamid = i.wamid
         LEFT JOIN message m ON k.message_id IS NULL AND m.id = i.message_id AND m.sender_id = i.sender_id
          AND m.direction = 'out' AND (m.wamid IS NULL OR m.wamid = i.wamid)
        WHERE k.message_id IS NOT NULL OR m.id IS NOT NULL`,
      [JSON.stringify(rows)],
    );
    const byWamid = new Map(keys.map((k) => [`${k.sender_id}:${k.wamid}`, k]));
    const located: LocatedStatus[] = [];
    const parked: StatusOf[] = [];
    for (const status of statuses) {
      const key = byWamid.get(`${status.senderId}:${status.update.wamid}`);
      if (key) located.push({ ...status, messageId: key.message_id, conversationId: key.conversation_id });
      else parked.push(status);
    }
    this.park(tx, parked);
    return located;
  }

  /** The messages of the statuses. Their conversations have to be locked before. */
  async lock(tx: Transaction, statuses: LocatedStatus[]): Promise<MessageRecord[]> {
    if (statuses.length === 0) return [];
    return lockMessages(tx, [...new Set(statuses.map((s) => s.messageId))]);
  }

  /** Applies them to the locked messages. */
  apply(tx: Transaction, timeline: Timeline, statuses: LocatedStatus[], messages: MessageRecord[]): void {
    const byId = new Map(messages.map((m) => [m.id, m]));
    const pricing = new Map<string, unknown>();
    const newKeys: object[] = [];
    for (const { messageId, update, tenantId, senderId, conversationId } of statuses) {
      const message = byId.get(messageId);
      if (!message || message.direction !== 'out') continue;
      if (!message.wamid) {
        message.wamid = update.wamid;
        newKeys.push({
          tenant_id: tenantId,
          sender_id: senderId,
          wamid: update.wamid,
          message_id: messageId,
          conversation_id: conversationId,
        });
      }
      if (update.pricing) pricing.set(message.id, update.pricing);
      if (this.applyOne(timeline, message, update)) {
        timeline.update(message, { pricing: pricing.get(message.id) });
      }
    }
    if (newKeys.length > 0) tx.send(INSERT_MESSAGE_KEYS, [JSON.stringify(newKeys)]);
  }

  /** The statuses that came before their message was known, taken out to be applied; by `senderId:wamid`. */
  async unpark(
    tx: Transaction,
    keys: { senderId: string; wamid: string }[],
  ): Promise<Map<string, StatusUpdate[]>> {
    type Row = { sender_id: string; wamid: string; payload: StatusUpdate };
    const rows = await tx.query<Row>(
      `DELETE FROM parked_status p USING jsonb_to_recordset($1) AS i(sender_id uuid, wamid text)
        WHERE p.sender_id = i.sender_id AND p.wamid = i.wamid
       RETURNING p.sender_id, p.wamid, p.payload`,
      [JSON.stringify(keys.map((k) => ({ sender_id: k.senderId, wamid: k.wamid })))],
    );
    const found = new Map<string, StatusUpdate[]>();
    for (const { sender_id: senderId, wamid, payload } of rows) {
      const key = `${senderId}:${wamid}`;
      const update = { ...payload, occurredAt: new Date(payload.occurredAt) };
      found.set(key, [...(found.get(key) ?? []), update]);
    }
    return found;
  }

  private applyOne(timeline: Timeline, message: MessageRecord, update: Traced<StatusUpdate>): boolean {
    if (message.status_times[update.status] !== undefined) {
      statusTotal.inc({ outcome: 'duplicate' });
      return false;
    }
    message.status_times = { ...message.status_times, [update.status]: update.occurredAt.toISOString() };
    const before = message.status;
    message.status = nextStatus(before, update.status);
    if (update.error && message.status === 'failed') message.error = update.error;
    if (message.status !== 'failed') message.error = null;
    // WhatsApp's own `sent` is told even though our `sent` (it took the message) was: it is the first tick.
    const told = message.status !== before || (update.status === 'sent' && message.status === 'sent');
    statusTotal.inc({ outcome: told ? 'applied' : 'late' });
    if (told) {
      const { traceId } = update;
      timeline.record(
        timeline.get(message.conversation_id),
        'message.status',
        message,
        traceId ? { traceId } : {},
      );
    }
    return true;
  }

  private park(tx: Transaction, statuses: StatusOf[]) {
    if (statuses.length === 0) return;
    statusTotal.inc({ outcome: 'parked' }, statuses.length);
    tx.send(
      `INSERT INTO parked_status (sender_id, wamid, status, tenant_id, payload)
       SELECT sender_id, wamid, status, tenant_id, payload FROM jsonb_populate_recordset(null::parked_status, $1)
        ORDER BY sender_id, wamid, status
       ON CONFLICT DO NOTHING`,
      [
        JSON.stringify(
          statuses.map(({ tenantId, senderId, update }) => ({
            tenant_id: tenantId,
            sender_id: senderId,
            wamid: update.wamid,
            status: update.status,
            payload: update,
          })),
        ),
      ],
    );
  }
}

/** WhatsApp's ids of messages that were known without. */
export const INSERT_MESSAGE_KEYS = `
  INSERT INTO message_key (sender_id, wamid, tenant_id, message_id, conversation_id)
  SELECT sender_id, wamid, tenant_id, message_id, conversation_id
    FROM jsonb_populate_recordset(null::message_key, $1) ORDER BY sender_id, wamid
  ON CONFLICT DO NOTHING`;
