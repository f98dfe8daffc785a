import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MESSAGE_COLUMNS, type MessageRecord } from '../conversation/conversation.record';

@Injectable()
export class MessageRepository {
  /** Newest first; one row more than the page. */
  page(
    manager: EntityManager,
    conversationId: string,
    before: number | null,
    limit: number,
  ): Promise<MessageRecord[]> {
    return manager.query<MessageRecord[]>(
      `SELECT ${MESSAGE_COLUMNS} FROM message m
        WHERE m.conversation_id = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3`,
      [conversationId, before ?? '9223372036854775807', limit + 1],
    );
  }

  async find(manager: EntityManager, id: string): Promise<MessageRecord | undefined> {
    const [record] = await manager.query<MessageRecord[]>(
      `SELECT ${MESSAGE_COLUMNS} FROM message m WHERE m.id = $1`,
      [id],
    );
    return record;
  }

  async insert(manager: EntityManager, message: MessageRecord): Promise<void> {
    await manager.query(
      `INSERT INTO message (id, tenant_id, conversation_id, sender_id, seq, direction, type, content, wamid, status,
                            reply_to, agent_id, occurred_at, created_at, trace_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
      [
        message.id,
        message.tenant_id,
        message.conversation_id,
        message.sender_id,
        message.seq,
        message.direction,
        message.type,
        JSON.stringify(message.content),
        message.wamid,
        message.status,
        message.reply_to,
        message.agent_id,
        message.occurred_at,
        message.created_at,
        message.trace_id,
      ],
    );
  }

  /**
   * Takes an Idempotency-Key for a message. Undefined: it is ours now. Else the message that it stands for, and
   * whether it came with the same body. A second request with the key waits here until the first is through.
   */
  async takeKey(
    manager: EntityManager,
    key: { tenantId: string; agentId: string; key: string; requestHash: Buffer; messageId: string },
  ): Promise<{ messageId: string; sameRequest: boolean } | undefined> {
    const inserted = await manager.query<unknown[]>(
      `INSERT INTO idempotency_key (tenant_id, agent_id, key, request_hash, message_id) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING RETURNING key`,
      [key.tenantId, key.agentId, key.key, key.requestHash, key.messageId],
    );
    if (inserted.length > 0) return undefined;
    const [taken] = await manager.query<{ message_id: string; request_hash: Buffer }[]>(
      'SELECT message_id, request_hash FROM idempotency_key WHERE tenant_id = $1 AND agent_id = $2 AND key = $3',
      [key.tenantId, key.agentId, key.key],
    );
    return { messageId: taken!.message_id, sameRequest: taken!.request_hash.equals(key.requestHash) };
  }
}
