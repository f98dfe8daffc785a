import type { Audience, ConversationEvent, ConversationEventType } from '@scrm/contracts';
import { isoTime } from '@scrm/platform';
import { bundle, SMALLEST_BUNDLE, unbundle } from '../db/bundle';
import type { PendingEvent, StoringEvent } from './timeline.statement';

/** What an event says. In a bundle it is JSON of this shape. */
type Content = Pick<ConversationEvent, 'audience' | 'previousAudience' | 'data'>;

/**
 * The events of one tenant, in their order, up to `most` in a bundle. The newest of a bundle carries it: whoever forgets
 * from the beginning forgets it last.
 */
export function toStore(events: PendingEvent[], at: Date, most: number): StoringEvent[] {
  const stored = events.map((event, i): StoringEvent => ({
    event,
    behind: events.length - i - 1,
    at,
    bundledBehind: null,
    bundle: null,
  }));
  for (let from = 0; from < stored.length; from += most) {
    const together = stored.slice(from, from + most);
    if (together.length < SMALLEST_BUNDLE) break;
    const carrier = together.at(-1)!;
    for (const one of together) one.bundledBehind = carrier.behind;
    carrier.bundle = bundle(together.map(({ event }) => contentOf(event)));
  }
  return stored;
}

/** `data` is JSON already. */
function contentOf({ audience, previousAudience, data }: PendingEvent): Buffer {
  const previous = previousAudience ? `"previousAudience":${JSON.stringify(previousAudience)},` : '';
  return Buffer.from(`{"audience":${JSON.stringify(audience)},${previous}"data":${data}}`);
}

/** What {@link STORED_EVENT} gives. */
export interface StoredEvent {
  tenant_id: string;
  position: number;
  conversation_id: string;
  seq: number;
  type: ConversationEventType;
  occurred_at: Date;
  audience: Audience | null;
  previous_audience: Audience | null;
  data: ConversationEvent['data'] | null;
  /** The position of the event that carries it; null where it is alone. */
  bundled_at: number | null;
  bundle: Buffer | null;
}

/**
 * Of `stream_event e`, in the order of tenants and positions: the first of those that were bundled together brings their
 * bundle, wherever it is.
 */
export const STORED_EVENT = `
  e.tenant_id, e.position::float8 AS position, e.conversation_id, e.seq::float8 AS seq, e.type, e.occurred_at,
  e.audience, e.previous_audience, e.data, e.bundled_at::float8 AS bundled_at,
  CASE WHEN e.bundled_at <> coalesce(lag(e.bundled_at) OVER (PARTITION BY e.tenant_id ORDER BY e.position), 0) THEN
    (SELECT c.bundle FROM stream_event c WHERE c.tenant_id = e.tenant_id AND c.position = e.bundled_at)
  END AS bundle`;

/** Events as they were published. @param rows in the order in which {@link STORED_EVENT} gives them */
export function toEvents(rows: StoredEvent[]): ConversationEvent[] {
  let pieces: Buffer[] = [];
  return rows.map((row): ConversationEvent => {
    if (row.bundle) pieces = unbundle(row.bundle);
    const { position, conversation_id: conversationId, seq, type } = row;
    const occurredAt = isoTime(row.occurred_at);
    return { position, conversationId, seq, type, occurredAt, ...contentFrom(row, pieces) };
  });
}

function contentFrom(row: StoredEvent, pieces: Buffer[]): Content {
  if (row.bundled_at !== null)
    return JSON.parse(pieces.at(row.position - row.bundled_at - 1)!.toString()) as Content;
  const { audience, previous_audience: previousAudience, data } = row;
  return { audience: audience!, ...(previousAudience && { previousAudience }), data: data! };
}
