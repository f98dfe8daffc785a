import { Inject, Injectable } from '@nestjs/common';
import {
  canSee,
  type messageList,
  type messageSend,
  type MessageView,
  type RpcResponse,
} from '@scrm/contracts';
import { inTenant, tenantTransaction, type Transaction } from '@scrm/database';
import type { Caller } from '@scrm/messaging';
import { AppError, crashPoint, currentTrace, LOGGER, type Logger } from '@scrm/platform';
import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import {
  readOutboundMessage,
  type OutboundMessage,
  type TemplateContent,
} from '../cloud-api/outbound-message';
import {
  audienceOf,
  toMessageView,
  windowExpiresAt,
  type ConversationRecord,
  type MessageRecord,
} from '../conversation/conversation.record';
import { ConversationRepository } from '../conversation/conversation.repository';
import { notFound } from '../conversation/conversation.service';
import { decodePage, toPage } from '@scrm/platform';
import { recordRead } from '../audit/audit.service';
import { APP_DB } from '../db/data-source';
import { StreamPublisher } from '../stream/stream.publisher';
import { Timeline, type TenantChanges } from '../stream/timeline';
import { TemplateRepository } from '../template/template.repository';
import { checkTemplate, type KnownTemplate } from '../template/template.rules';
import { DispatchPublisher } from './dispatch.publisher';
import { MessageRepository, type IdempotencyKeyOf } from './message.repository';
import { previewOf } from './preview';

interface Accepted {
  message: MessageRecord;
  changes: TenantChanges[];
}

/** The road out, as far as the answer to the agent: a message is stored as queued, and somebody is told to send it. */
@Injectable()
export class MessageService {
  constructor(
    @Inject(APP_DB) private readonly database: DataSource,
    private readonly repository: MessageRepository,
    private readonly conversations: ConversationRepository,
    private readonly templates: TemplateRepository,
    private readonly stream: StreamPublisher,
    private readonly dispatch: DispatchPublisher,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async list(
    caller: Caller,
    query: z.output<typeof messageList.request>,
  ): Promise<RpcResponse<typeof messageList>> {
    const before = query.cursor ? decodePage(query.cursor, isSeq)[0] : null;
    const records = await inTenant(this.database, caller.principal.tenantId, async (manager) => {
      const conversation = await this.conversations.find(manager, caller, query.conversationId);
      if (!conversation) throw notFound();
      const target = { kind: 'conversation', id: query.conversationId };
      const read = { action: 'message.listed', target, after: { beforeSeq: before } };
      await recordRead(manager, caller.principal, read);
      return this.repository.page(manager, query.conversationId, before, query.limit);
    });
    return toPage(records, query.limit, toMessageView, (m) => [m.seq]);
  }

  /** Once per Idempotency-Key: a repeated request gets the same message, however often it comes. */
  async send(caller: Caller, request: z.output<typeof messageSend.request>): Promise<MessageView> {
    const outbound = readOutboundMessage(request.message);
    const { message, changes } = await tenantTransaction(this.database, caller.principal.tenantId, (tx) =>
      this.accept(tx, caller, request, outbound),
    );
    crashPoint('send.committed');
    this.logger.info({ message: message.id, conversation: message.conversation_id }, 'message accepted');
    await Promise.all([
      this.stream.announce(changes),
      this.dispatch.nudge(message.sender_id, [message.conversation_id]),
    ]);
    crashPoint('send.announced');
    return toMessageView(message);
  }

  private async accept(
    tx: Transaction,
    caller: Caller,
    request: z.output<typeof messageSend.request>,
    outbound: OutboundMessage,
  ): Promise<Accepted> {
    const { principal, scope } = caller;
    const messageId = uuidv7();
    const key = {
      tenantId: principal.tenantId,
      agentId: principal.agentId,
      key: request.idempotencyKey,
      requestHash: hashOf(request),
      messageId,
    };
    const [isOurs, timeline, template] = await Promise.all([
      this.repository.takeKey(tx, key),
      Timeline.open(tx, [request.conversationId]),
      this.templateOf(tx, request.conversationId, outbound),
    ]);
    if (!isOurs) return { message: await this.earlier(tx, key), changes: [] };

    crashPoint('send.opened');
    const conversation = timeline.find(request.conversationId);
    if (!conversation || !canSee(principal, scope, audienceOf(conversation))) throw notFound();
    checkRules(timeline, conversation, outbound, template);

    const message = newMessage(messageId, timeline, conversation, principal.agentId, outbound);
    conversation.last_activity_at = timeline.now;
    conversation.last_message = {
      id: messageId,
      direction: 'out',
      type: message.type,
      preview: previewOf(message.type, message.content),
      occurredAt: timeline.now.toISOString(),
    };
    timeline.insert(message);
    timeline.record(conversation, 'message.queued', message);
    const changes = timeline.commit();
    crashPoint('send.written');
    return { message, changes: await changes };
  }

  /** The message that the key stands for since an earlier request. */
  private async earlier(tx: Transaction, key: IdempotencyKeyOf): Promise<MessageRecord> {
    const { message, sameRequest } = await this.repository.ofKey(tx, key);
    if (sameRequest) return message;
    throw new AppError(
      'idempotency_key_reused',
      'This Idempotency-Key came with another message: use a new one.',
    );
  }

  private templateOf(tx: Transaction, conversationId: string, { type, content }: OutboundMessage) {
    if (type !== 'template') return undefined;
    const { name, language } = content as TemplateContent;
    return this.templates.ofConversation(tx, conversationId, name, language.code);
  }
}

/** WhatsApp's rules, by the database's clock. */
function checkRules(
  timeline: Timeline,
  conversation: ConversationRecord,
  { type, content }: OutboundMessage,
  template: KnownTemplate | undefined,
) {
  if (type === 'template') return checkTemplate(content as TemplateContent, template);
  const expires = windowExpiresAt(conversation);
  if (!conversation.group_id && (!expires || expires <= timeline.now)) {
    throw new AppError(
      'window_closed',
      expires
        ? `The customer last wrote more than 24 hours ago (the window closed at ${expires.toISOString()}): send a template.`
        : 'The customer has not written yet: begin with a template.',
    );
  }
}

const isSeq = (parts: unknown[]): parts is [number] => parts.length === 1 && Number.isSafeInteger(parts[0]);

function hashOf({ conversationId, message }: { conversationId: string; message: unknown }): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([conversationId, message]))
    .digest();
}

function newMessage(
  id: string,
  timeline: Timeline,
  conversation: ConversationRecord,
  agentId: string,
  outbound: OutboundMessage,
): MessageRecord {
  return {
    id,
    tenant_id: conversation.tenant_id,
    conversation_id: conversation.id,
    sender_id: conversation.sender_id,
    seq: timeline.nextSeq(conversation),
    direction: 'out',
    type: outbound.type,
    content: outbound.content,
    wamid: null,
    status: 'queued',
    status_times: {},
    error: null,
    reply_to: outbound.replyTo,
    author: null,
    agent_id: agentId,
    occurred_at: timeline.now,
    created_at: timeline.now,
    trace_id: currentTrace()?.traceId ?? null,
  };
}
