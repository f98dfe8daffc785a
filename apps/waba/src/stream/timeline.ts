import type { Audience, ConversationEvent, ConversationEventType } from '@scrm/contracts';
import { columnsOf, type Transaction } from '@scrm/database';
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

/** What a commit made visible in one tenant: to be published once the transaction is through. */
export type TenantChanges = WrittenChanges;

type PendingEvent = Omit<WrittenEvent, 'position'> & { tenantId: string };

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
  private readonly updated = new Map<string, object>();
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
    this.updated.set(id, { id, wamid, status, status_times, error, pricing, next_attempt_at: nextAttemptAt });
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

  /** Stores all of it and commits the transaction. What it returns is to be published then. */
  async commit(): Promise<TenantChanges[]> {
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
    const rows = [...byTenant.values()].flatMap((list) =>
      list.map((event, i) => ({ event, behind: list.length - i - 1, at: this.now })),
    );
    const streams = await this.tx.commitWith<{ tenant_id: string; epoch: string; head: number }>(WRITE, [
      JSON.stringify([...this.updated.values()]),
      ...COUNTS.values([...byTenant]),
      ...CHANGED.values([...this.changed]),
      ...INSERTED.values([...this.inserted.values()]),
      ...EVENTS.values(rows),
    ]);
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

/** A message that is new, and what of it no column shows. */
interface InsertedMessage {
  message: MessageRecord;
  raw: unknown;
}

const jsonOf = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value));

const COUNTS = columnsOf<[tenantId: string, events: PendingEvent[]]>({
  tenant_id: ['uuid', ([tenantId]) => tenantId],
  count: ['bigint', ([, events]) => events.length],
});

const CHANGED = columnsOf<ConversationRecord>({
  id: ['uuid', (v) => v.id],
  team_id: ['uuid', (v) => v.team_id],
  assignee_id: ['uuid', (v) => v.assignee_id],
  status: ['text', (v) => v.status],
  last_seq: ['bigint', (v) => v.last_seq],
  unread_count: ['integer', (v) => v.unread_count],
  last_inbound_at: ['timestamptz', (v) => v.last_inbound_at],
  last_message: ['json', (v) => jsonOf(v.last_message)],
  last_activity_at: ['timestamptz', (v) => v.last_activity_at],
  updated_at: ['timestamptz', (v) => v.updated_at],
});

const INSERTED = columnsOf<InsertedMessage>({
  id: ['uuid', ({ message }) => message.id],
  tenant_id: ['uuid', ({ message }) => message.tenant_id],
  conversation_id: ['uuid', ({ message }) => message.conversation_id],
  sender_id: ['uuid', ({ message }) => message.sender_id],
  seq: ['bigint', ({ message }) => message.seq],
  direction: ['text', ({ message }) => message.direction],
  type: ['text', ({ message }) => message.type],
  content: ['json', ({ message }) => jsonOf(message.content)],
  raw: ['json', ({ raw }) => jsonOf(raw)],
  wamid: ['text', ({ message }) => message.wamid],
  status: ['text', ({ message }) => message.status],
  reply_to: ['text', ({ message }) => message.reply_to],
  author: ['text', ({ message }) => message.author],
  agent_id: ['uuid', ({ message }) => message.agent_id],
  occurred_at: ['timestamptz', ({ message }) => message.occurred_at],
  created_at: ['timestamptz', ({ message }) => message.created_at],
  trace_id: ['text', ({ message }) => message.trace_id],
});

/** `behind`: how far the event is from the newest of its transaction. */
const EVENTS = columnsOf<{ event: PendingEvent; behind: number; at: Date }>({
  tenant_id: ['uuid', ({ event }) => event.tenantId],
  behind: ['bigint', ({ behind }) => behind],
  conversation_id: ['uuid', ({ event }) => event.conversationId],
  seq: ['bigint', ({ event }) => event.seq],
  type: ['text', ({ event }) => event.type],
  audience: ['json', ({ event }) => jsonOf(event.audience)],
  previous_audience: ['json', ({ event }) => jsonOf(event.previousAudience)],
  data: ['json', ({ event }) => event.data],
  occurred_at: ['timestamptz', ({ at }) => at],
});

const COUNTS_AT = 2;
const CHANGED_AT = COUNTS_AT + COUNTS.count;
const INSERTED_AT = CHANGED_AT + CHANGED.count;
const EVENTS_AT = INSERTED_AT + INSERTED.count;

/**
 * The conversations and messages; when these are done the streams (a new tenant gets its stream here; locks are taken
 * in the order of the tenants' ids), then the events at the positions that this gave them.
 */
const WRITE = `
  WITH changed AS (
    UPDATE conversation v SET
      team_id = r.team_id, assignee_id = r.assignee_id, status = r.status, last_seq = r.last_seq,
      unread_count = r.unread_count, last_inbound_at = r.last_inbound_at, last_message = r.last_message,
      last_activity_at = r.last_activity_at, updated_at = r.updated_at
    FROM ${CHANGED.from(CHANGED_AT)} r WHERE v.id = r.id
    RETURNING 1
  ), inserted AS (
    INSERT INTO message (id, tenant_id, conversation_id, sender_id, seq, direction, type, content, raw, wamid, status,
                         reply_to, author, agent_id, occurred_at, created_at, trace_id)
    SELECT * FROM ${INSERTED.from(INSERTED_AT)} r
    RETURNING 1
  ), updated AS (
    UPDATE message m SET
      wamid = r.wamid, status = r.status, status_times = r.status_times, error = r.error,
      pricing = coalesce(r.pricing, m.pricing),
      next_attempt_at = CASE WHEN r.status = 'queued' THEN coalesce(r.next_attempt_at, m.next_attempt_at) END,
      claimed_by = CASE WHEN r.status = 'sending' THEN m.claimed_by END,
      claimed_at = CASE WHEN r.status = 'sending' THEN m.claimed_at END
    FROM jsonb_populate_recordset(null::message, $1) r WHERE m.id = r.id
    RETURNING 1
  ), done AS (
    SELECT (SELECT count(*) FROM changed) + (SELECT count(*) FROM inserted) + (SELECT count(*) FROM updated) AS rows
  ), advanced AS (
    INSERT INTO stream AS s (tenant_id, epoch, head)
    SELECT t.tenant_id, gen_random_uuid(), t.count
      FROM done, ${COUNTS.from(COUNTS_AT)} t
     WHERE done.rows > 0 ORDER BY t.tenant_id
    ON CONFLICT (tenant_id) DO UPDATE SET head = s.head + excluded.head
    RETURNING s.tenant_id, s.epoch, s.head
  ), written AS (
    INSERT INTO stream_event
      (tenant_id, position, conversation_id, seq, type, audience, previous_audience, data, occurred_at)
    SELECT e.tenant_id, a.head - e.behind, e.conversation_id, e.seq, e.type, e.audience, e.previous_audience, e.data,
           e.occurred_at
      FROM ${EVENTS.from(EVENTS_AT)} e JOIN advanced a ON a.tenant_id = e.tenant_id
  )
  SELECT tenant_id, epoch, head::float8 AS head FROM advanced`;

/** A stored event, as it was published. */
export interface StreamEventRecord {
  tenant_id: string;
  epoch: string;
  position: number;
  conversation_id: string;
  seq: number;
  type: ConversationEventType;
  audience: Audience;
  previous_audience: Audience | null;
  data: ConversationEvent['data'];
  occurred_at: Date;
}

export const STREAM_EVENT_COLUMNS = `
  e.tenant_id, e.position::float8 AS position, e.conversation_id, e.seq::float8 AS seq, e.type, e.audience,
  e.previous_audience, e.data, e.occurred_at`;

export function toConversationEvent(r: StreamEventRecord): ConversationEvent {
  return {
    position: r.position,
    conversationId: r.conversation_id,
    seq: r.seq,
    type: r.type,
    audience: r.audience,
    ...(r.previous_audience && { previousAudience: r.previous_audience }),
    occurredAt: isoTime(r.occurred_at),
    data: r.data,
  };
}
