import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What a sender and a contact say to each other, for ever: one row per pair. Its lock orders all that happens in it. */
@Entity('conversation')
@Index('conversation_pair', ['senderId', 'contactId'], { unique: true })
@Index('conversation_sender_activity', ['senderId', 'status', 'lastActivityAt', 'id'])
@Index('conversation_team_activity', ['teamId', 'senderId', 'status', 'lastActivityAt', 'id'], {
  where: 'assignee_id IS NOT NULL',
})
@Index('conversation_assignee_activity', ['assigneeId', 'senderId', 'status', 'lastActivityAt', 'id'], {
  where: 'assignee_id IS NOT NULL',
})
@Index('conversation_pool_activity', ['teamId', 'senderId', 'status', 'lastActivityAt', 'id'], {
  where: 'assignee_id IS NULL',
})
export class Conversation {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'conversation_pk' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @Column({ name: 'sender_id', type: 'uuid' })
  senderId!: string;

  @Column({ name: 'contact_id', type: 'uuid' })
  contactId!: string;

  @Column({ name: 'team_id', type: 'uuid', nullable: true })
  teamId!: string | null;

  @Column({ name: 'assignee_id', type: 'uuid', nullable: true })
  assigneeId!: string | null;

  @Column({ type: 'text', default: 'open' })
  status!: 'open' | 'closed';

  /** The seq of the newest visible change. */
  @Column({ name: 'last_seq', type: 'bigint', default: 0 })
  lastSeq!: number;

  @Column({ name: 'unread_count', type: 'integer', default: 0 })
  unreadCount!: number;

  /** When the customer last wrote, by WhatsApp's clock: the 24-hour window starts there. */
  @Column({ name: 'last_inbound_at', type: 'timestamptz', nullable: true })
  lastInboundAt!: Date | null;

  @Column({ name: 'last_message', type: 'json', nullable: true })
  lastMessage!: object | null;

  @Column({ name: 'last_activity_at', type: 'timestamptz', default: () => 'now()' })
  lastActivityAt!: Date;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
