import { columnsOf } from '@scrm/database';
import type { WrittenEvent } from '@scrm/messaging';
import type { ConversationRecord, MessageRecord } from '../conversation/conversation.record';

/** A message that is new, and what of it no column shows. */
export interface InsertedMessage {
  message: MessageRecord;
  raw: unknown;
}

/** What becomes of a message that is stored already. */
export type ChangedMessage = Pick<MessageRecord, 'id' | 'wamid' | 'status' | 'status_times' | 'error'> & {
  pricing: unknown;
  nextAttemptAt: Date | null;
};

/** An event that has no position yet. */
export type PendingEvent = Omit<WrittenEvent, 'position'> & { tenantId: string };

/** The same, as it is stored. */
export interface StoringEvent {
  event: PendingEvent;
  /** How far it is from the newest one of its tenant. */
  behind: number;
  at: Date;
  /** The same of the event whose row holds what this one says; null where it is alone. */
  bundledBehind: number | null;
  /** Of that row: what it says, and those before it. */
  bundle: Buffer | null;
}

/** Where a stream stands now. */
export interface AdvancedStream {
  tenant_id: string;
  epoch: string;
  head: number;
}

/** All that one transaction made of conversations and messages. */
export interface Changes {
  changed: ConversationRecord[];
  inserted: InsertedMessage[];
  updated: ChangedMessage[];
  /** The events of each tenant, in their order. */
  streams: [tenantId: string, events: PendingEvent[]][];
  events: StoringEvent[];
}

const jsonOf = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value));

const STREAMS = columnsOf<Changes['streams'][number]>({
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

const UPDATED = columnsOf<ChangedMessage>({
  id: ['uuid', (m) => m.id],
  wamid: ['text', (m) => m.wamid],
  status: ['text', (m) => m.status],
  status_times: ['jsonb', (m) => jsonOf(m.status_times)],
  error: ['jsonb', (m) => jsonOf(m.error)],
  pricing: ['jsonb', (m) => jsonOf(m.pricing)],
  next_attempt_at: ['timestamptz', (m) => m.nextAttemptAt],
});

/** What is in the bundle is nowhere else. */
const alone = (of: (stored: StoringEvent) => string | null) => (stored: StoringEvent) =>
  stored.bundledBehind === null ? of(stored) : null;

const EVENTS = columnsOf<StoringEvent>({
  tenant_id: ['uuid', ({ event }) => event.tenantId],
  behind: ['bigint', ({ behind }) => behind],
  bundled_behind: ['bigint', ({ bundledBehind }) => bundledBehind],
  bundle: ['bytea', ({ bundle }) => bundle],
  conversation_id: ['uuid', ({ event }) => event.conversationId],
  seq: ['bigint', ({ event }) => event.seq],
  type: ['text', ({ event }) => event.type],
  audience: ['json', alone(({ event }) => jsonOf(event.audience))],
  previous_audience: ['json', alone(({ event }) => jsonOf(event.previousAudience))],
  data: ['json', alone(({ event }) => event.data)],
  occurred_at: ['timestamptz', ({ at }) => at],
});

const CHANGED_AT = 1 + STREAMS.count;
const INSERTED_AT = CHANGED_AT + CHANGED.count;
const UPDATED_AT = INSERTED_AT + INSERTED.count;
const EVENTS_AT = UPDATED_AT + UPDATED.count;

/** What {@link WRITE} takes. */
export const valuesOf = ({ streams, changed, inserted, updated, events }: Changes): Buffer[] => [
  ...STREAMS.values(streams),
  ...CHANGED.values(changed),
  ...INSERTED.values(inserted),
  ...UPDATED.values(updated),
  ...EVENTS.values(events),
];

/**
 * The conversations and messages; when these are done the streams (a new tenant gets its stream here; locks are taken
 * in the order of the tenants' ids), then the events at the positions that this gave them.
 */
export const WRITE = `
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
    FROM ${UPDATED.from(UPDATED_AT)} r WHERE m.id = r.id
    RETURNING 1
  ), done AS (
    SELECT (SELECT count(*) FROM changed) + (SELECT count(*) FROM inserted) + (SELECT count(*) FROM updated) AS rows
  ), advanced AS (
    INSERT INTO stream AS s (tenant_id, epoch, head)
    SELECT t.tenant_id, gen_random_uuid(), t.count
      FROM done, ${STREAMS.from(1)} t
     WHERE done.rows > 0 ORDER BY t.tenant_id
    ON CONFLICT (tenant_id) DO UPDATE SET head = s.head + excluded.head
    RETURNING s.tenant_id, s.epoch, s.head
  ), written AS (
    INSERT INTO stream_event
      (tenant_id, position, conversation_id, seq, type, audience, previous_audience, data, bundled_at, bundle, occurred_at)
    SELECT e.tenant_id, a.head - e.behind, e.conversation_id, e.seq, e.type, e.audience, e.previous_audience, e.data,
           a.head - e.bundled_behind, e.bundle, e.occurred_at
      FROM ${EVENTS.from(EVENTS_AT)} e JOIN advanced a ON a.tenant_id = e.tenant_id
  )
  SELECT tenant_id, epoch, head::float8 AS head FROM advanced`;
