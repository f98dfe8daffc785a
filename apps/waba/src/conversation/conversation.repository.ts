import { Injectable } from '@nestjs/common';
import type { conversationList } from '@scrm/contracts';
import type { Caller } from '@scrm/messaging';
import type { EntityManager } from 'typeorm';
import type { z } from 'zod';
import { CONVERSATION_COLUMNS, type ConversationRecord } from './conversation.record';
import { decodePage, isUuid } from '../paging/page-cursor';
import { visible, visibleParameters } from './visibility';

type ListQuery = z.output<typeof conversationList.request>;

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const isPlace = (parts: unknown[]): parts is [string, string] =>
  parts.length === 2 && typeof parts[0] === 'string' && ISO_TIME.test(parts[0]) && isUuid(parts[1]);

@Injectable()
export class ConversationRepository {
  /** One row more than the page, so that the caller knows whether there is a next one. */
  async list(manager: EntityManager, caller: Caller, query: ListQuery): Promise<ConversationRecord[]> {
    const { cursor, limit, status, senderId, assigneeId } = query;
    const parameters: unknown[] = [caller.principal.tenantId, ...visibleParameters(caller)];
    const where = ['v.tenant_id = $1', visible(2)];
    const bind = (value: unknown) => `$${parameters.push(value)}`;
    if (status) where.push(`v.status = ${bind(status)}`);
    if (senderId) where.push(`v.sender_id = ${bind(senderId)}`);
    if (assigneeId === 'none') where.push('v.assignee_id IS NULL');
    else if (assigneeId) where.push(`v.assignee_id = ${bind(assigneeId)}`);
    if (cursor) {
      const [at, id] = decodePage(cursor, isPlace);
      where.push(`(v.last_activity_at, v.id) < (${bind(at)}::timestamptz, ${bind(id)}::uuid)`);
    }
    return manager.query<ConversationRecord[]>(
      `SELECT ${CONVERSATION_COLUMNS} FROM conversation v JOIN contact c ON c.id = v.contact_id
        WHERE ${where.join(' AND ')}
        ORDER BY v.last_activity_at DESC, v.id DESC LIMIT ${bind(limit + 1)}`,
      parameters,
    );
  }

  /** Undefined where it does not exist, and where the caller may not see it: nobody can tell which. */
  async find(manager: EntityManager, caller: Caller, id: string): Promise<ConversationRecord | undefined> {
    const [record] = await manager.query<ConversationRecord[]>(
      `SELECT ${CONVERSATION_COLUMNS} FROM conversation v JOIN contact c ON c.id = v.contact_id
        WHERE v.id = $1 AND ${visible(2)}`,
      [id, ...visibleParameters(caller)],
    );
    return record;
  }
}
