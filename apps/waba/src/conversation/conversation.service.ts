import { Inject, Injectable } from '@nestjs/common';
import {
  canSee,
  type conversationAssign,
  type conversationList,
  type conversationOpen,
  type ConversationView,
  type RpcResponse,
} from '@scrm/contracts';
import { actorOf, inTenant, recordAudit, tenantTransaction, type Transaction } from '@scrm/database';
import type { Caller } from '@scrm/messaging';
import { AppError } from '@scrm/platform';
import type { DataSource, EntityManager } from 'typeorm';
import type { z } from 'zod';
import { recordRead } from '../audit/audit.service';
import { ContactResolver } from '../contact/contact.resolver';
import { APP_DB } from '../db/data-source';
import { letGoSince } from '../hand-over/gate';
import { StreamPublisher } from '../stream/stream.publisher';
import { Timeline } from '../stream/timeline';
import { AssignmentTargets, notActive } from './assignment-target';
import {
  audienceOf,
  CONVERSATION_COLUMNS,
  toConversationView,
  type ConversationRecord,
} from './conversation.record';
import { ConversationRepository } from './conversation.repository';
import { move } from './move';
import { toPage } from '@scrm/platform';

@Injectable()
export class ConversationService {
  constructor(
    @Inject(APP_DB) private readonly database: DataSource,
    private readonly repository: ConversationRepository,
    private readonly contacts: ContactResolver,
    private readonly targets: AssignmentTargets,
    private readonly stream: StreamPublisher,
  ) {}

  async list(
    caller: Caller,
    query: z.output<typeof conversationList.request>,
  ): Promise<RpcResponse<typeof conversationList>> {
    const records = await this.inTenant(caller, async (manager) => {
      const { cursor: _, limit: __, ...after } = query;
      const target = { kind: 'inbox', id: 'conversations' };
      await recordRead(manager, caller.principal, { action: 'conversation.listed', target, after });
      return this.repository.list(manager, caller, query);
    });
    return toPage(records, query.limit, toConversationView, (r) => [r.place, r.id]);
  }

  async get(caller: Caller, id: string): Promise<ConversationView> {
    return this.inTenant(caller, async (manager) => {
      const record = await this.repository.find(manager, caller, id);
      if (!record) throw notFound();
      const target = { kind: 'conversation', id };
      await recordRead(manager, caller.principal, { action: 'conversation.read', target });
      return toConversationView(record);
    });
  }

  /** The conversation of a sender with a phone number; made where it does not exist. */
  async open(caller: Caller, request: z.output<typeof conversationOpen.request>): Promise<ConversationView> {
    const waId = request.phone.replace(/[\s()+.-]/g, '');
    if (!/^\d{6,15}$/.test(waId)) {
      throw new AppError(
        'invalid_request',
        'Give the phone number with its country code, e.g. +62 812 1000 0001.',
        [{ path: 'phone', message: 'not a phone number with country code' }],
      );
    }
    const { tenantId } = caller.principal;
    return tenantTransaction(this.database, tenantId, async (tx) => {
      const [sender] = await tx.query<{ id: string; default_team_id: string | null }>(
        'SELECT id, default_team_id FROM sender WHERE id = $1',
        [request.senderId],
      );
      if (!sender) throw new AppError('not_found', 'There is no such sender.');
      const [id] = await this.contacts.conversationsOf(tx, [
        {
          tenantId,
          senderId: sender.id,
          defaultTeamId: sender.default_team_id,
          customer: {
            waId,
            userId: null,
            parentUserId: null,
            groupId: null,
            profileName: null,
            username: null,
          },
        },
      ]);
      if (request.name) {
        tx.send(
          `UPDATE contact c SET name = $2, updated_at = now() FROM conversation v
            WHERE v.id = $1 AND c.id = v.contact_id AND c.name IS NULL`,
          [id, request.name],
        );
      }
      const [record] = await tx.query<ConversationRecord>(
        `SELECT ${CONVERSATION_COLUMNS} FROM conversation v JOIN contact c ON c.id = v.contact_id WHERE v.id = $1`,
        [id],
      );
      if (!canSee(caller.principal, caller.scope, audienceOf(record!)))
        throw new AppError('forbidden', 'This customer is in the care of others.');
      return toConversationView(record!);
    });
  }

  read(caller: Caller, id: string): Promise<ConversationView> {
    return this.change(caller, id, (timeline, conversation) => {
      if (conversation.unread_count === 0) return;
      conversation.unread_count = 0;
      timeline.record(conversation, 'conversation.updated');
    });
  }

  async assign(
    caller: Caller,
    request: z.output<typeof conversationAssign.request>,
  ): Promise<ConversationView> {
    const { principal } = caller;
    const agent = await this.targets.check(principal.tenantId, request);
    return this.change(caller, request.conversationId, async (timeline, conversation, tx) => {
      if (agent && (await letGoSince(tx, agent))) throw notActive();
      const before = audienceOf(conversation);
      if (!move(timeline, conversation, request)) return;
      await recordAudit(tx, {
        by: actorOf(principal),
        action: 'conversation.assigned',
        target: { kind: 'conversation', id: conversation.id },
        before,
        after: audienceOf(conversation),
      });
    });
  }

  /** A change of one conversation that the caller may see, and its event. */
  private async change(
    caller: Caller,
    id: string,
    work: (timeline: Timeline, conversation: ConversationRecord, tx: Transaction) => void | Promise<void>,
  ): Promise<ConversationView> {
    const { principal, scope } = caller;
    const { view, changes } = await tenantTransaction(this.database, principal.tenantId, async (tx) => {
      const timeline = await Timeline.open(tx, [id]);
      const conversation = timeline.find(id);
      if (!conversation || !canSee(principal, scope, audienceOf(conversation))) throw notFound();
      await work(timeline, conversation, tx);
      return { changes: await timeline.commit(), view: toConversationView(conversation) };
    });
    await this.stream.announce(changes);
    return view;
  }

  private inTenant<T>(caller: Caller, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTenant(this.database, caller.principal.tenantId, work);
  }
}

export const notFound = () =>
  new AppError('not_found', 'There is no such conversation, or it is not yours to see.');
