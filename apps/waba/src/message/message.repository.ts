import { Injectable } from '@nestjs/common';
import type { Transaction } from '@scrm/database';
import type { EntityManager } from 'typeorm';
import { MESSAGE_COLUMNS, type MessageRecord } from '../conversation/conversation.record';

/** An agent's Idempotency-Key, and what it came with. */
export interface IdempotencyKeyOf {
  tenantId: string;
  agentId: string;
  key: string;
  requestHash: Buffer;
  messageId: string;
}

/** The messages, locked in the order of their ids. Their conversations have to be locked before. */
export const lockMessages = (tx: Transaction, ids: string[]): Promise<MessageRecord[]> =>
  tx.query<MessageRecord>(
    `SELECT ${MESSAGE_COLUMNS} FROM message m WHERE m.id = ANY($1) ORDER BY m.id FOR UPDATE`,
    [ids],
  );

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

  /**
   * Takes an Idempotency-Key for a message. False: an earlier request has it, see {@link ofKey}. A second request with
   * the key waits here until the first is through.
   */
  async takeKey(tx: Transaction, key: IdempotencyKeyOf): Promise<boolean> {
    const inserted = await tx.query(
      `INSERT INTO idempotency_key (tenant_id, agent_id, key, request_hash, message_id) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING RETURNING key`,
      [key.tenantId, key.agentId, key.key, key.requestHash, key.messageId],
    );
    return inserted.length > 0;
  }

  /** The message that a taken key stands for, and whether that came with the same body. */
  async ofKey(
    tx: Transaction,
    key: IdempotencyKeyOf,
  ): Promise<{ message: MessageRecord; sameRequest: boolean }> {
    const [row] = await tx.query<MessageRecord & { request_hash: Buffer }>(
      `SELECT ${MESSAGE_COLUMNS}, i.request_hash FROM idempotency_key i JOIN message m ON m.id = i.message_id
        WHERE i.tenant_id = $1 AND i.agent_id = $2 AND i.key = $3`,
      [key.tenantId, key.agentId, key.key],
    );
    return { message: row!, sameRequest: row!.request_hash.equals(key.requestHash) };
  }
}
