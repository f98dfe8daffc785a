import { Inject, Injectable } from '@nestjs/common';
import { counter, crashPoint, LOGGER, type Logger } from '@scrm/platform';
import type { DataSource, EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { AccountUpdate, InboundItem, InboundMessage, Traced } from '../cloud-api/webhook-parser';
import { ContactResolver } from '../contact/contact.resolver';
import type { MessageRecord } from '../conversation/conversation.record';
import { SYSTEM_DB } from '../db/data-source';
import { SenderDirectory, type KnownSender } from '../sender/sender.directory';
import {
  STREAM_EVENT_COLUMNS,
  Timeline,
  toConversationEvent,
  type StreamEventRecord,
  type TenantChanges,
} from '../stream/timeline';
import { previewOf } from './preview';
import { INSERT_MESSAGE_KEYS, StatusService, type StatusOf } from './status.service';

export interface InboundResult {
  /** To be published: what is new, and what was here before (its first publication may have been lost). */
  changes: TenantChanges[];
  /** For each item: whose it is; null where nobody registered the number. */
  tenants: (string | null)[];
}

/** An item whose number is known. */
interface Routed<T extends InboundItem> {
  item: Traced<T>;
  sender: KnownSender;
}

interface NewMessage extends Routed<InboundMessage> {
  id: string;
  conversationId: string;
}

const inboundTotal = counter('message_inbound_total', 'Messages of customers', ['outcome']);

/** The road in, from parsed items to the events of one transaction. */
@Injectable()
export class InboundService {
  constructor(
    @Inject(SYSTEM_DB) private readonly database: DataSource,
    private readonly senders: SenderDirectory,
    private readonly contacts: ContactResolver,
    private readonly statuses: StatusService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Stores all items, each once, in one transaction; `alsoStore` joins it. Items of one customer keep their order.
   */
  async store(
    items: Traced[],
    alsoStore: (manager: EntityManager, tenants: (string | null)[]) => Promise<void>,
  ): Promise<InboundResult> {
    const numbers = items.flatMap((i) => (i.phoneNumberId ? [i.phoneNumberId] : []));
    const senders = await this.senders.byPhoneNumberIds(numbers);
    const tenants = await Promise.all(items.map((item) => this.tenantOf(item, senders)));
    const changes = await this.database.transaction(async (manager) => {
      const messages = route<InboundMessage>(items, senders, 'message');
      const statuses = items.flatMap((item): StatusOf[] => {
        const sender = item.kind === 'status' ? senders.get(item.phoneNumberId) : undefined;
        return sender && item.kind === 'status'
          ? [{ tenantId: sender.tenantId, senderId: sender.id, update: item }]
          : [];
      });
      const { repeated, timeline } = await this.storeMessages(manager, messages, statuses);
      await this.storeAccountUpdates(manager, items, tenants);
      await alsoStore(manager, tenants);
      const written = (await timeline?.write()) ?? [];
      crashPoint('inbound.written');
      return [...repeated, ...written];
    });
    return { changes, tenants };
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

  private async storeMessages(
    manager: EntityManager,
    messages: Routed<InboundMessage>[],
    statuses: StatusOf[],
  ): Promise<{ repeated: TenantChanges[]; timeline?: Timeline }> {
    if (messages.length === 0 && statuses.length === 0) return { repeated: [] };
    const conversationIds = await this.contacts.conversationsOf(
      manager,
      messages.map(({ item, sender }) => ({
        tenantId: sender.tenantId,
        senderId: sender.id,
        defaultTeamId: sender.defaultTeamId,
        customer: item.customer,
      })),
    );
    const located = await this.statuses.locate(manager, statuses);
    const timeline = await Timeline.open(manager, [
      ...conversationIds,
      ...located.map((s) => s.conversationId),
    ]);
    crashPoint('inbound.opened');
    const candidates = messages.map((m, i) => ({ ...m, id: uuidv7(), conversationId: conversationIds[i]! }));
    const repeated = await this.insertNew(manager, timeline, candidates);
    await this.statuses.apply(manager, timeline, located);
    return { repeated, timeline };
  }

  /** @returns the events of those that were here before */
  private async insertNew(
    manager: EntityManager,
    timeline: Timeline,
    candidates: NewMessage[],
  ): Promise<TenantChanges[]> {
    if (candidates.length === 0) return [];
    const keys = candidates.map(({ id, item, sender, conversationId }) => ({
      sender_id: sender.id,
      wamid: item.wamid,
      tenant_id: sender.tenantId,
      message_id: id,
      conversation_id: conversationId,
    }));
    const claimed = await manager.query<{ message_id: string }[]>(INSERT_MESSAGE_KEYS, [
      JSON.stringify(keys),
    ]);
    const fresh = new Set(claimed.map((c) => c.message_id));
    const rows = candidates.filter((c) => fresh.has(c.id)).map((c) => this.record(timeline, c));
    inboundTotal.inc({ outcome: 'stored' }, rows.length);
    if (rows.length > 0) {
      await manager.query(
        `INSERT INTO message (id, tenant_id, conversation_id, sender_id, seq, direction, type, content, raw, wamid,
                              status, status_times, reply_to, author, occurred_at, created_at, trace_id, attempts)
         SELECT id, tenant_id, conversation_id, sender_id, seq, direction, type, content, raw, wamid,
                status, status_times, reply_to, author, occurred_at, created_at, trace_id, 0
           FROM jsonb_populate_recordset(null::message, $1)`,
        [JSON.stringify(rows)],
      );
    }
    const duplicates = keys.filter((k) => !fresh.has(k.message_id));
    inboundTotal.inc({ outcome: 'duplicate' }, duplicates.length);
    return duplicates.length > 0 ? this.eventsOf(manager, duplicates) : [];
  }

  /** Takes the message's place in its conversation. */
  private record(timeline: Timeline, { id, item, sender, conversationId }: NewMessage) {
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
      occurredAt: item.occurredAt.toISOString(),
    };
    timeline.record(
      conversation,
      item.written ? 'message.received' : 'conversation.updated',
      message,
      item.traceId ? { traceId: item.traceId } : {},
    );
    this.logger.info(
      {
        traceId: item.traceId,
        message: id,
        wamid: item.wamid,
        conversation: conversationId,
        tenant: sender.tenantId,
      },
      'message stored',
    );
    return { ...message, raw: item.raw };
  }

  private async eventsOf(manager: EntityManager, keys: { sender_id: string; wamid: string }[]) {
    const rows = await manager.query<StreamEventRecord[]>(
      `SELECT ${STREAM_EVENT_COLUMNS}, s.epoch
         FROM jsonb_to_recordset($1) AS i(sender_id uuid, wamid text)
         JOIN message_key k ON k.sender_id = i.sender_id AND k.wamid = i.wamid
         JOIN message m ON m.id = k.message_id
         JOIN stream_event e ON e.conversation_id = m.conversation_id AND e.seq = m.seq
         JOIN stream s ON s.tenant_id = e.tenant_id
        ORDER BY e.tenant_id, e.position`,
      [JSON.stringify(keys)],
    );
    return rows.map((r): TenantChanges => ({
      tenantId: r.tenant_id,
      epoch: r.epoch,
      events: [toConversationEvent(r)],
    }));
  }

  private async storeAccountUpdates(
    manager: EntityManager,
    items: InboundItem[],
    tenants: (string | null)[],
  ) {
    const rows = items.flatMap((item, i) =>
      item.kind === 'account' && tenants[i]
        ? [
            {
              id: uuidv7(),
              tenant_id: tenants[i],
              field: item.field,
              digest: `\\x${item.digest.toString('hex')}`,
              payload: item.payload as AccountUpdate['payload'],
            },
          ]
        : [],
    );
    if (rows.length === 0) return;
    await manager.query(
      `INSERT INTO account_event (id, tenant_id, field, digest, payload)
       SELECT id, tenant_id, field, digest, payload FROM jsonb_populate_recordset(null::account_event, $1)
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(rows)],
    );
  }
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
