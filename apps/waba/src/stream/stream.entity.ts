import type { ConversationEventType } from '@scrm/contracts';
import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Where a tenant's stream of visible changes stands. The row's lock is what puts commits in the order of positions. */
@Entity('stream')
export class Stream {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid', primaryKeyConstraintName: 'stream_pk' })
  tenantId!: string;

  /** Another epoch, another count: set anew when a database was restored to an earlier time. */
  @Column({ type: 'uuid' })
  epoch!: string;

  @Column({ type: 'bigint', default: 0 })
  head!: number;
}

/** A visible change, as every screen that may see it was told. Kept for as long as a cursor may reach back. */
@Entity('stream_event')
@Check('stream_event_content', 'bundled_at IS NOT NULL OR (audience IS NOT NULL AND data IS NOT NULL)')
@Index('stream_event_conversation_seq', ['conversationId', 'seq'], { unique: true })
export class StreamEvent {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid', primaryKeyConstraintName: 'stream_event_pk' })
  tenantId!: string;

  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'stream_event_pk' })
  position!: number;

  @Column({ name: 'conversation_id', type: 'uuid' })
  conversationId!: string;

  @Column({ type: 'bigint' })
  seq!: number;

  @Column({ type: 'text' })
  type!: ConversationEventType;

  @Column({ type: 'json', nullable: true })
  audience!: unknown;

  @Column({ name: 'previous_audience', type: 'json', nullable: true })
  previousAudience!: unknown;

  /** JSON as it was told, which the database has no need to understand. */
  @Column({ type: 'json', nullable: true })
  data!: unknown;

  /** The position of the event that carries what this one says; null where it is in its own columns. */
  @Column({ name: 'bundled_at', type: 'bigint', nullable: true })
  bundledAt!: number | null;

  /** What this event says and those before it, each with its audience: see `stored-event.ts`. */
  @Column({ type: 'bytea', nullable: true })
  bundle!: Buffer | null;

  @Column({ name: 'occurred_at', type: 'timestamptz', default: () => 'now()' })
  occurredAt!: Date;
}
