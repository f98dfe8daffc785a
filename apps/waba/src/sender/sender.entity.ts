import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A business phone number of a tenant. */
@Entity('sender')
@Index('sender_tenant', ['tenantId'])
@Index('sender_by_id', ['tenantId', 'id'])
@Index('sender_by_name', { synchronize: false })
export class Sender {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'sender_pk' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  /** Meta's WhatsApp Business Account of the number. */
  @Column({ name: 'waba_id', type: 'text' })
  wabaId!: string;

  @Index('sender_phone_number_id', { unique: true })
  @Column({ name: 'phone_number_id', type: 'text' })
  phoneNumberId!: string;

  @Column({ name: 'display_phone_number', type: 'text' })
  displayPhoneNumber!: string;

  @Column({ type: 'text' })
  name!: string;

  /** New customers' conversations go to this team. */
  @Column({ name: 'default_team_id', type: 'uuid', nullable: true })
  defaultTeamId!: string | null;

  /** Meta's access token, sealed by `SenderSecrets`. */
  @Column({ name: 'access_token', type: 'bytea' })
  accessToken!: Buffer;

  /** `paused`: nothing is sent, messages wait. */
  @Column({ type: 'text', default: 'active' })
  status!: 'active' | 'paused';

  @Column({ name: 'paused_reason', type: 'text', nullable: true })
  pausedReason!: string | null;

  /** Messages a second that Meta allows this number. */
  @Column({ name: 'messages_per_second', type: 'integer', default: 80 })
  messagesPerSecond!: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
