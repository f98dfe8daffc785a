import type { MessageStatus } from '@scrm/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('message')
@Index('message_sending', ['claimedAt'], { where: "status = 'sending'" })
@Index('message_conversation_seq', ['conversationId', 'seq'], { unique: true })
@Index('message_waiting', ['conversationId', 'seq'], { where: "status IN ('queued', 'sending')" })
@Index('message_due', ['senderId', 'nextAttemptAt'], { where: "status IN ('queued', 'sending')" })
export class Message {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'message_pk' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @Column({ name: 'conversation_id', type: 'uuid' })
  conversationId!: string;

  @Column({ name: 'sender_id', type: 'uuid' })
  senderId!: string;

  @Column({ type: 'bigint' })
  seq!: number;

  @Column({ type: 'text' })
  direction!: 'in' | 'out';

  @Column({ type: 'text' })
  type!: string;

  /** In WhatsApp's own shape. */
  @Column({ type: 'json' })
  content!: unknown;

  /** The item as Meta sent it, where it holds more than the columns show. */
  @Column({ type: 'json', nullable: true })
  raw!: unknown;

  @Column({ type: 'text', nullable: true })
  wamid!: string | null;

  @Column({ type: 'text' })
  status!: MessageStatus;

  /** When WhatsApp said what: `{sent, delivered, read, failed}`, RFC 3339. */
  @Column({ name: 'status_times', type: 'jsonb', default: {} })
  statusTimes!: Record<string, string>;

  @Column({ type: 'jsonb', nullable: true })
  pricing!: unknown;

  @Column({ type: 'jsonb', nullable: true })
  error!: unknown;

  @Column({ name: 'reply_to', type: 'text', nullable: true })
  replyTo!: string | null;

  @Column({ type: 'text', nullable: true })
  author!: string | null;

  @Column({ name: 'agent_id', type: 'uuid', nullable: true })
  agentId!: string | null;

  @Column({ name: 'occurred_at', type: 'timestamptz' })
  occurredAt!: Date;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  /** Of the delivery or request that it came with: finds it in the logs of all services. */
  @Column({ name: 'trace_id', type: 'text', nullable: true })
  traceId!: string | null;

  /** Outgoing: the process that is sending it, and since when. */
  @Column({ name: 'claimed_by', type: 'text', nullable: true })
  claimedBy!: string | null;

  @Column({ name: 'claimed_at', type: 'timestamptz', nullable: true })
  claimedAt!: Date | null;

  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  /** Outgoing and waiting: not to be tried before. */
  @Column({ name: 'next_attempt_at', type: 'timestamptz', nullable: true })
  nextAttemptAt!: Date | null;
}

/**
 * WhatsApp's id of a message and which of ours it is. Its primary key is what makes a second delivery of the same
 * message change nothing; the message table is left free to be partitioned by time.
 */
@Entity('message_key')
export class MessageKey {
  @PrimaryColumn({ name: 'sender_id', type: 'uuid', primaryKeyConstraintName: 'message_key_pk' })
  senderId!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'message_key_pk' })
  wamid!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @Column({ name: 'message_id', type: 'uuid' })
  messageId!: string;

  @Column({ name: 'conversation_id', type: 'uuid' })
  conversationId!: string;
}

/** A status that came before its message was known. It is applied when the message is. */
@Entity('parked_status')
@Index('parked_status_age', ['receivedAt'])
export class ParkedStatus {
  @PrimaryColumn({ name: 'sender_id', type: 'uuid', primaryKeyConstraintName: 'parked_status_pk' })
  senderId!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'parked_status_pk' })
  wamid!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'parked_status_pk' })
  status!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @Column({ type: 'jsonb' })
  payload!: unknown;

  @Column({ name: 'received_at', type: 'timestamptz', default: () => 'now()' })
  receivedAt!: Date;
}

/** The answer that an Idempotency-Key got. */
@Entity('idempotency_key')
@Index('idempotency_key_age', ['createdAt'])
export class IdempotencyKey {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid', primaryKeyConstraintName: 'idempotency_key_pk' })
  tenantId!: string;

  @PrimaryColumn({ name: 'agent_id', type: 'uuid', primaryKeyConstraintName: 'idempotency_key_pk' })
  agentId!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'idempotency_key_pk' })
  key!: string;

  @Column({ name: 'request_hash', type: 'bytea' })
  requestHash!: Buffer;

  @Column({ name: 'message_id', type: 'uuid' })
  messageId!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
