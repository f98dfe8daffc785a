import { Inject, Injectable } from '@nestjs/common';
import { columnsOf, transaction, type Transaction } from '@scrm/database';
import { counter, crashPoint, isoTime } from '@scrm/platform';
import type { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { InboundItem, InboundMessage, StatusUpdate, Traced } from '../cloud-api/webhook-parser';
import { WABA_CONFIG, type WabaConfig } from '../config';
import {
  CONTACT_OF,
  ContactResolver,
  numbered,
  PAIRS,
  type NumberedPair,
  type Pair,
} from '../contact/contact.resolver';
import { CONVERSATION_COLUMNS, type MessageRecord } from '../conversation/conversation.record';
import { SYSTEM_DB } from '../db/data-source';
import { SenderDirectory, type KnownSender } from '../sender/sender.directory';
import { STORED_EVENT, toEvents, type StoredEvent } from '../stream/stored-event';
import { Timeline, type LockedConversation, type TenantChanges } from '../stream/timeline';
import { previewOf } from './preview';
import { StatusService, type StatusOf } from './status.service';

export interface InboundResult {
  /** To be published: what is new, and what was here before (its first publication may have been lost). */
  changes: TenantChanges[];
  /** The messages that are new, for the log. */
  stored: object[];
}

/** An item whose number is known. */
interface Routed<T extends InboundItem> {
  item: Traced<T>;
  sender: KnownSender;
}

/** A message with the id that is kept for it, and the place of its customer among the pairs. */
interface NewMessage extends Routed<InboundMessage> {
  id: string;
  pair: number;
}

/** The conversation of a pair, locked; `n` is null where it was asked for by its id. */
type ClaimedRow = LockedConversation & { n: number | null; claimed: string[] | null };

const inboundTotal = counter('message_inbound_total', 'Messages of customers', ['outcome']);

/** The road in, from parsed items to the events of one transaction. */
@Injectable()
export class InboundService {
  constructor(
    @Inject(WABA_CONFIG) private readonly config: WabaConfig,
    @Inject(SYSTEM_DB) private readonly database: DataSource,
    private readonly senders: SenderDirectory,
    private readonly contacts: ContactResolver,
    private readonly statuses: StatusService,
  ) {}

  /**
   * Stores all items, each once, in one transaction. Items of one customer keep their order. `alsoStore` joins it and
   * hears for each item whose it is, null where nobody registered the number.
   */
  async store(
    items: Traced[],
    alsoStore: (tx: Transaction, tenants: (string | null)[]) => void,
  ): Promise<InboundResult> {
    const numbers = items.flatMap((i) => (i.phoneNumberId ? [i.phoneNumberId] : []));
    const senders = await this.senders.byPhoneNumberIds(numbers);
    const tenants = await Promise.all(items.map((item) => this.tenantOf(item, senders)));
    const messages = route<InboundMessage>(items, senders, 'message');
    const statuses = route<StatusUpdate>(items, senders, 'status').map(({ item, sender }): StatusOf => ({
      tenantId: sender.tenantId,
      senderId: sender.id,
      update: item,
    }));
    return transaction(this.database, async (tx) => {
      const located = await this.statuses.locate(tx, statuses);
      // Sent one behind the other: the messages are locked after their conversations.
      const taking = this.take(
        tx,
        messages,
        located.map((s) => s.conversationId),
      );
      const [{ timeline, repeated, stored }, sent] = await Promise.all([
        taking,
        this.statuses.lock(tx, located),
        // Behind what is waited for: the database does this while the batch goes on here.
        Promise.resolve().then(() => {
          alsoStore(tx, tenants);
          storeAccountUpdates(tx, items, tenants);
        }),
      ]);
      crashPoint('inbound.opened');
      this.statuses.apply(tx, timeline, located, sent);
      const written = timeline.commit(this.config.STORED_BUNDLE);
      crashPoint('inbound.written');
      return { changes: [...repeated, ...(await written)], stored };
    });
  }

  /** The tenants whose numbers a delivery names; none where it cannot be read. */
  async tenantsOf(body: Buffer): Promise<string[]> {
    const numbers = new Set(
      [...body.toString('utf8').matchAll(/"phone_number_id"\s*:\s*"([^"\\]+)"/g)].map((m) => m[1]!),
    );
    const senders = await this.senders.byPhoneNumberIds(numbers);
    return [...new Set([...numbers].flatMap((n) => senders.get(n)?.tenantId ?? []))];
  }

  private async tenantOf(item: InboundItem, senders: Map<string, KnownSender>): Promise<string | null> {
    const sender = item.phoneNumberId ? senders.get(item.phoneNumberId) : undefined;
    if (sender) return sender.tenantId;
    return item.kind === 'account' && item.wabaId ? this.senders.tenantOfWaba(item.wabaId) : null;
  }

  /**
   * Locks what the batch is about and takes the messages that are new into the timeline.
   *
   * @returns also the events of those that were here before
   */
  private async take(
    tx: Transaction,
    messages: Routed<InboundMessage>[],
    conversationIds: string[],
  ): Promise<{ timeline: Timeline; repeated: TenantChanges[]; stored: object[] }> {
    const { pairs, candidates } = byPair(messages);
    const rows = await this.claim(tx, pairs, candidates, conversationIds);
    const timeline = new Timeline(tx, rows);
    const ids: string[] = [];
    for (const { n, id } of rows) if (n !== null) ids[n] = id;
    await this.contacts.learn(
      tx,
      pairs,
      ids.map((id) => timeline.get(id)),
    );
    const claimed = new Set(rows.flatMap((r) => r.claimed ?? []));
    const isNew = (c: NewMessage) => claimed.has(c.id);
    const stored = candidates.filter(isNew).map((c) => this.record(timeline, c, ids[c.pair]!));
    const duplicates = candidates.filter((c) => !isNew(c));
    inboundTotal.inc({ outcome: 'stored' }, claimed.size);
    inboundTotal.inc({ outcome: 'duplicate' }, duplicates.length);
    return { timeline, repeated: duplicates.length > 0 ? await eventsOf(tx, duplicates) : [], stored };
  }

  /** Most customers are known: one question. Whoever is not is made known, and asked for again. */
  private async claim(
    tx: Transaction,
    pairs: Pair[],
    candidates: NewMessage[],
    conversationIds: string[],
  ): Promise<ClaimedRow[]> {
    if (pairs.length + conversationIds.length === 0) return [];
    const keys = KEYS.values(candidates);
    const rows = numbered(pairs);
    const ask = (missing: NumberedPair[], ids: string[]) =>
      tx.query<ClaimedRow>(CLAIM, [ids, ...keys, ...PAIRS.values(missing)]);
    const found = await ask(rows, conversationIds);
    const known = new Set(found.map((f) => f.n));
    const missing = rows.filter(({ n }) => !known.has(n));
    if (missing.length === 0) return found;
    await this.contacts.conversationsOf(
      tx,
      missing.map(({ pair }) => pair),
    );
    return [...found, ...(await ask(missing, []))];
  }

  /** Takes the message's place in its conversation. @returns what the log says of it */
  private record(timeline: Timeline, { id, item, sender }: NewMessage, conversationId: string) {
    const conversation = timeline.get(conversationId);
    const message: MessageRecord = {
      id,
      tenant_id: sender.tenantId,
      conversation_id: conversationId,
      sender_id: sender.id,
      seq: timeline.nextSeq(conversation),
      direction: 'in',
      type: item.type,
      content: item.content,
      wamid: item.wamid,
      status: 'received',
      status_times: {},
      error: null,
      reply_to: item.replyTo,
      author: item.author,
      agent_id: null,
      occurred_at: item.occurredAt,
      created_at: timeline.now,
      trace_id: item.traceId ?? null,
    };
    if (item.written) {
      conversation.unread_count += 1;
      conversation.status = 'open';
      if (item.type !== 'system' && item.occurredAt > (conversation.last_inbound_at ?? new Date(0))) {
        conversation.last_inbound_at = item.occurredAt;
      }
    }
    conversation.last_activity_at = timeline.now;
    conversation.last_message = {
      id,
      direction: 'in',
      type: item.type,
      preview: previewOf(item.type, item.content),
      occurredAt: isoTime(item.occurredAt),
    };
    timeline.insert(message, item.raw);
    const { traceId, receivedAt } = item;
    timeline.record(conversation, item.written ? 'message.received' : 'conversation.updated', message, {
      ...(traceId && { traceId }),
      ...(receivedAt && { receivedAt }),
    });
    return { traceId, message: id, wamid: item.wamid, conversation: conversationId, tenant: sender.tenantId };
  }
}

const KEYS = columnsOf<NewMessage>({
  n: ['integer', ({ pair }) => pair],
  wamid: ['text', ({ item }) => item.wamid],
  message_id: ['uuid', ({ id }) => id],
});
const KEYS_AT = 2;
const PAIRS_AT = KEYS_AT + KEYS.count;

/**
 * The conversations of the pairs and those that are asked for by id ($1), locked in the order of their ids; and the
 * messages of the pairs whose WhatsApp id is new, which are claimed with it. The others were here before.
 */
const CLAIM = `
  WITH found AS MATERIALIZED (
    SELECT i.n, (SELECT v.id FROM conversation v WHERE v.sender_id = i.sender_id AND v.contact_id = ${CONTACT_OF}) AS id
      FROM ${PAIRS.from(PAIRS_AT)} i
  ), locked AS MATERIALIZED (
    SELECT ${CONVERSATION_COLUMNS}
      FROM conversation v JOIN contact c ON c.id = v.contact_id
     WHERE v.id = ANY(ARRAY(SELECT id FROM found) || $1::uuid[]) ORDER BY v.id FOR UPDATE OF v
  ), claimed AS (
    INSERT INTO message_key (sender_id, wamid, tenant_id, message_id, conversation_id)
    SELECT l.sender_id, k.wamid, l.tenant_id, k.message_id, l.id
      FROM ${KEYS.from(KEYS_AT)} k JOIN found f ON f.n = k.n JOIN locked l ON l.id = f.id
     ORDER BY l.sender_id, k.wamid, k.message_id
    ON CONFLICT DO NOTHING
    RETURNING message_id
  )
  SELECT f.n, l.*, now() AS now,
         CASE WHEN row_number() OVER () = 1 THEN ARRAY(SELECT message_id FROM claimed) END AS claimed
    FROM locked l LEFT JOIN found f ON f.id = l.id`;

/** Each customer once, however much they wrote; messages in their order. */
function byPair(messages: Routed<InboundMessage>[]): { pairs: Pair[]; candidates: NewMessage[] } {
  const numbers = new Map<string, number>();
  const pairs: Pair[] = [];
  const candidates = messages.map(({ item, sender }): NewMessage => {
    const { customer } = item;
    // No text that can be stored holds a NUL.
    const key = [sender.id, ...Object.values(customer)].join('\0');
    let pair = numbers.get(key);
    if (pair === undefined) {
      const { tenantId, id: senderId, defaultTeamId } = sender;
      numbers.set(key, (pair = pairs.push({ tenantId, senderId, defaultTeamId, customer }) - 1));
    }
    return { item, sender, id: uuidv7(), pair };
  });
  return { pairs, candidates };
}

async function eventsOf(tx: Transaction, messages: NewMessage[]): Promise<TenantChanges[]> {
  const rows = await tx.query<StoredEvent & { epoch: string }>(
    `SELECT ${STORED_EVENT}, s.epoch
       FROM jsonb_to_recordset($1) AS i(sender_id uuid, wamid text)
       JOIN message_key k ON k.sender_id = i.sender_id AND k.wamid = i.wamid
       JOIN message m ON m.id = k.message_id
       JOIN stream_event e ON e.conversation_id = m.conversation_id AND e.seq = m.seq
       JOIN stream s ON s.tenant_id = e.tenant_id
      ORDER BY e.tenant_id, e.position`,
    [JSON.stringify(messages.map(({ sender, item }) => ({ sender_id: sender.id, wamid: item.wamid })))],
  );
  return toEvents(rows).map((event, i): TenantChanges => ({
    tenantId: rows[i]!.tenant_id,
    epoch: rows[i]!.epoch,
    events: [{ ...event, data: JSON.stringify(event.data) }],
  }));
}

function storeAccountUpdates(tx: Transaction, items: InboundItem[], tenants: (string | null)[]) {
  const rows = items.flatMap((item, i) =>
    item.kind === 'account' && tenants[i]
      ? [
          {
            id: uuidv7(),
            tenant_id: tenants[i],
            field: item.field,
            digest: `\\x${item.digest.toString('hex')}`,
            payload: item.payload,
          },
        ]
      : [],
  );
  if (rows.length === 0) return;
  tx.send(
    `INSERT INTO account_event (id, tenant_id, field, digest, payload)
     SELECT id, tenant_id, field, digest, payload FROM jsonb_populate_recordset(null::account_event, $1)
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(rows)],
  );
}

function route<T extends InboundItem>(
  items: Traced[],
  senders: Map<string, KnownSender>,
  kind: T['kind'],
): Routed<T>[] {
  return items.flatMap((item) => {
    const sender = item.kind === kind && item.phoneNumberId ? senders.get(item.phoneNumberId) : undefined;
    return sender ? [{ item: item as Traced<T>, sender }] : [];
  });
}
