import type { Audience, ConversationEventType } from '@scrm/contracts';
import type { Transaction } from '@scrm/database';
import { type WrittenChanges, type WrittenEvent } from '@scrm/messaging';
import { currentTrace, isoTime } from '@scrm/platform';
import {
  audienceOf,
  CONVERSATION_COLUMNS,
  toConversationView,
  toMessageView,
  type ConversationRecord,
  type MessageRecord,
} from '../conversation/conversation.record';
import { toStore } from './stored-event';
import {
  valuesOf,
  WRITE,
  type AdvancedStream,
  type ChangedMessage,
  type InsertedMessage,
  type PendingEvent,
} from './timeline.statement';

/** What a commit made visible in one tenant: to be published once the transaction is through. */
export type TenantChanges = WrittenChanges;

/** A conversation, locked, at the transaction's time by the database. */
export type LockedConversation = ConversationRecord & { now: Date };

/** What else a change says of a message. */
interface MessageChange {
  pricing?: unknown;
  /** When a send is tried again. */
  nextAttemptAt?: Date | null;
}

/**
 * The visible changes of one transaction. Everything that an agent's screen shows goes through here:
 *
 *   1. `Timeline.open` locks the conversations, in the order of their ids, so that two transactions never wait for
 *      each other in a circle.
 *   2. The caller changes the locked records and calls `record` for each visible change: it takes the next seq. New
 *      and changed messages are handed over with `insert` and `update`.
 *   3. `commit` stores it all in one statement, takes the tenant's stream and its next positions last, and commits.
 *      That lock is held only from there to the commit, which makes positions gapless and ordered as commits are.
 */
export class Timeline {
  private readonly conversations = new Map<string, ConversationRecord>();
  private readonly events: PendingEvent[] = [];
  private readonly changed = new Set<ConversationRecord>();
  private readonly inserted = new Map<string, InsertedMessage>();
  private readonly updated = new Map<string, ChangedMessage>();
  /** The transaction's time, by the database. */
  readonly now: Date;

  /** @param locked by the transaction already */
  constructor(
    private readonly tx: Transaction,
    locked: LockedConversation[],
  ) {
    for (const row of locked) this.conversations.set(row.id, row);
    this.now = locked[0]?.now ?? new Date();
  }

  static async open(tx: Transaction, conversationIds: Iterable<string>): Promise<Timeline> {
    return new Timeline(tx, await tx.query<LockedConversation>(LOCK, [[...new Set(conversationIds)]]));
  }

  find(conversationId: string): ConversationRecord | undefined {
    return this.conversations.get(conversationId);
  }

  get(conversationId: string): ConversationRecord {
    const conversation = this.conversations.get(conversationId);
    if (!conversation) throw new Error('the conversation was not opened with the timeline');
    return conversation;
  }

  /** The seq that the next `record` of this conversation will take: a new message carries it. */
  nextSeq(conversation: ConversationRecord): number {
    return conversation.last_seq + 1;
  }

  /** A new message, as it is when the timeline commits. */
  insert(message: MessageRecord, raw: unknown = null) {
    this.inserted.set(message.id, { message, raw });
  }

  /** A message of the database, with what became of it. */
  update(message: MessageRecord, { pricing = null, nextAttemptAt = null }: MessageChange = {}) {
    const { id, wamid, status, status_times, error } = message;
    this.updated.set(id, { id, wamid, status, status_times, error, pricing, nextAttemptAt });
  }

  record(
    conversation: ConversationRecord,
    type: ConversationEventType,
    message?: MessageRecord,
    {
      previousAudience,
      traceId = currentTrace()?.traceId,
      receivedAt,
    }: { previousAudience?: Audience; traceId?: string; receivedAt?: Date } = {},
  ) {
    conversation.last_seq += 1;
    conversation.updated_at = this.now;
    this.changed.add(conversation);
    this.events.push({
      tenantId: conversation.tenant_id,
      conversationId: conversation.id,
      seq: conversation.last_seq,
      type,
      audience: audienceOf(conversation),
      ...(previousAudience && { previousAudience }),
      occurredAt: isoTime(this.now),
      ...(traceId && { traceId }),
      ...(receivedAt && { receivedAt: isoTime(receivedAt) }),
      data: JSON.stringify({
        ...(message && { message: toMessageView(message) }),
        conversation: toConversationView(conversation),
      }),
    });
  }

  /**
   * Stores all of it and commits the transaction. What it returns is to be published then.
   *
   * @param bundled so many events, at most, are stored as one piece
   */
  async commit(bundled = 1): Promise<TenantChanges[]> {
    if (this.events.length + this.inserted.size + this.updated.size === 0) {
      await this.tx.commit();
      return [];
    }
    const byTenant = new Map<string, PendingEvent[]>();
    for (const event of this.events) {
      const list = byTenant.get(event.tenantId);
      if (list) list.push(event);
      else byTenant.set(event.tenantId, [event]);
    }
    const events = [...byTenant.values()].flatMap((list) => toStore(list, this.now, bundled));
    const values = valuesOf({
      streams: [...byTenant],
      changed: [...this.changed],
      inserted: [...this.inserted.values()],
      updated: [...this.updated.values()],
      events,
    });
    const streams = await this.tx.commitWith<AdvancedStream>(WRITE, values);
    return streams.map(({ tenant_id: tenantId, epoch, head }) => {
      const events = byTenant.get(tenantId)!;
      const first = head - events.length + 1;
      return {
        tenantId,
        epoch,
        events: events.map(({ tenantId: _, ...event }, i): WrittenEvent => ({
          position: first + i,
          ...event,
        })),
      };
    });
  }
}

const LOCK = `
  SELECT ${CONVERSATION_COLUMNS}, now() AS now
    FROM conversation v JOIN contact c ON c.id = v.contact_id
   WHERE v.id = ANY($1) ORDER BY v.id FOR UPDATE OF v`;
