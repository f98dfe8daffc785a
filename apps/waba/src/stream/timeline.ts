import type {
  Audience,
  ConversationEvent,
  ConversationEventType,
  EventPayload,
  conversationChanged,
} from '@scrm/contracts';
import { currentTrace } from '@scrm/platform';
import type { EntityManager } from 'typeorm';
import {
  audienceOf,
  CONVERSATION_COLUMNS,
  toConversationView,
  toMessageView,
  type ConversationRecord,
  type MessageRecord,
} from '../conversation/conversation.record';

/** What a commit made visible in one tenant: to be published once the transaction is through. */
export type TenantChanges = EventPayload<typeof conversationChanged>;

type PendingEvent = Omit<ConversationEvent, 'position'> & { tenantId: string };

/**
 * The visible changes of one transaction. Everything that an agent's screen shows goes through here:
 *
 *   1. `Timeline.open` locks the conversations, in the order of their ids, so that two transactions never wait for
 *      each other in a circle.
 *   2. The caller changes the locked records and calls `record` for each visible change: it takes the next seq.
 *   3. `write` stores the conversations, then takes the tenant's stream and its next positions. That lock comes last
 *      and is held only until the commit, which makes positions gapless and ordered as commits are.
 */
export class Timeline {
  private readonly events: PendingEvent[] = [];
  private readonly changed = new Set<ConversationRecord>();

  private constructor(
    private readonly manager: EntityManager,
    private readonly conversations: Map<string, ConversationRecord>,
    /** The transaction's time, by the database. */
    readonly now: Date,
  ) {}

  static async open(manager: EntityManager, conversationIds: Iterable<string>): Promise<Timeline> {
    const rows = await manager.query<(ConversationRecord & { now: Date })[]>(
      `SELECT ${CONVERSATION_COLUMNS}, now() AS now
         FROM conversation v JOIN contact c ON c.id = v.contact_id
        WHERE v.id = ANY($1) ORDER BY v.id FOR UPDATE OF v`,
      [[...new Set(conversationIds)]],
    );
    return new Timeline(manager, new Map(rows.map((r) => [r.id, r])), rows[0]?.now ?? new Date());
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

  record(
    conversation: ConversationRecord,
    type: ConversationEventType,
    message?: MessageRecord,
    {
      previousAudience,
      traceId = currentTrace()?.traceId,
    }: { previousAudience?: Audience; traceId?: string } = {},
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
      occurredAt: this.now.toISOString(),
      ...(traceId && { traceId }),
      data: {
        ...(message && { message: toMessageView(message) }),
        conversation: toConversationView(conversation),
      },
    });
  }

  /**
   * Stores all of it, in one statement, and should be the transaction's last: from here to the commit nobody else of
   * the tenant can take positions. What it returns is to be published after the commit.
   */
  async write(): Promise<TenantChanges[]> {
    if (this.events.length === 0) return [];
    const byTenant = new Map<string, PendingEvent[]>();
    for (const event of this.events) {
      const list = byTenant.get(event.tenantId);
      if (list) list.push(event);
      else byTenant.set(event.tenantId, [event]);
    }
    const counts = [...byTenant].map(([tenant_id, list]) => ({ tenant_id, count: list.length }));
    const rows = [...byTenant.values()].flatMap((list) =>
      list.map((event, i) => toRow(event, list.length - i - 1)),
    );
    const streams = await this.manager.query<{ tenant_id: string; epoch: string; head: number }[]>(WRITE, [
      JSON.stringify([...this.changed]),
      JSON.stringify(counts),
      JSON.stringify(rows),
    ]);
    return streams.map(({ tenant_id: tenantId, epoch, head }) => {
      const events = byTenant.get(tenantId)!;
      const first = head - events.length + 1;
      return {
        tenantId,
        epoch,
        events: events.map(({ tenantId: _, ...event }, i): ConversationEvent => ({
          position: first + i,
          ...event,
        })),
      };
    });
  }
}

/**
 * The conversations, then the streams (a new tenant gets its stream here; locks are taken in the order of the
 * tenants' ids), then the events at the positions that this gave them.
 */
const WRITE = `
  WITH changed AS (
    UPDATE conversation v SET
      team_id = r.team_id, assignee_id = r.assignee_id, status = r.status, last_seq = r.last_seq,
      unread_count = r.unread_count, last_inbound_at = r.last_inbound_at, last_message = r.last_message,
      last_activity_at = r.last_activity_at, updated_at = r.updated_at
    FROM jsonb_populate_recordset(null::conversation, $1) r WHERE v.id = r.id
  ), advanced AS (
    INSERT INTO stream AS s (tenant_id, epoch, head)
    SELECT t.tenant_id, gen_random_uuid(), t.count
      FROM jsonb_to_recordset($2) AS t(tenant_id uuid, count bigint) ORDER BY t.tenant_id
    ON CONFLICT (tenant_id) DO UPDATE SET head = s.head + excluded.head
    RETURNING s.tenant_id, s.epoch, s.head
  ), written AS (
    INSERT INTO stream_event
      (tenant_id, position, conversation_id, seq, type, audience, previous_audience, data, occurred_at)
    SELECT e.tenant_id, a.head - e.behind, e.conversation_id, e.seq, e.type, e.audience, e.previous_audience, e.data,
           e.occurred_at
      FROM jsonb_to_recordset($3) AS e(tenant_id uuid, behind bigint, conversation_id uuid, seq bigint, type text,
                                       audience jsonb, previous_audience jsonb, data jsonb, occurred_at timestamptz)
      JOIN advanced a ON a.tenant_id = e.tenant_id
  )
  SELECT tenant_id, epoch, head::float8 AS head FROM advanced`;

/** `behind`: how far the event is from the newest of its transaction. */
function toRow(event: PendingEvent, behind: number) {
  return {
    tenant_id: event.tenantId,
    behind,
    conversation_id: event.conversationId,
    seq: event.seq,
    type: event.type,
    audience: event.audience,
    previous_audience: event.previousAudience ?? null,
    data: event.data,
    occurred_at: event.occurredAt,
  };
}

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
    occurredAt: r.occurred_at.toISOString(),
    data: r.data,
  };
}
