import type { Role, SpecialDays, WorkingHours } from '@scrm/contracts';
import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A business that uses the system. Everything else belongs to one. */
@Entity('tenant')
@Index('tenant_access_changed', ['accessChangedAt'])
@Check(
  'tenant_retention',
  `message_retention_days > 0 AND media_retention_days > 0 AND media_retention_days <= message_retention_days`,
)
@Check('tenant_status', `status IN ('active', 'suspended')`)
export class Tenant {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'tenant_pk' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  /** `suspended`: nobody of it can sign in. */
  @Column({ type: 'text', default: 'active' })
  status!: 'active' | 'suspended';

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  /** Of what may be done: tokens carry it, and older ones are over. */
  @Column({ name: 'access_version', type: 'integer', default: 1 })
  accessVersion!: number;

  @Column({ name: 'access_changed_at', type: 'timestamptz', nullable: true })
  accessChangedAt!: Date | null;

  /** Whoever has one of these signs in with a second factor. */
  @Column({ name: 'mfa_required_roles', type: 'text', array: true, default: '{}' })
  mfaRequiredRoles!: Role[];

  @Column({ name: 'time_zone', type: 'text', default: 'UTC' })
  timeZone!: string;

  /** That it answers in, by BCP 47. */
  @Column({ type: 'text', array: true, default: () => `'{}'` })
  languages!: string[];

  /** Null: at all hours. */
  @Column({ name: 'working_hours', type: 'jsonb', nullable: true })
  workingHours!: WorkingHours | null;

  @Column({ name: 'special_days', type: 'jsonb', default: () => `'[]'` })
  specialDays!: SpecialDays;

  /** Null: for ever. */
  @Column({ name: 'message_retention_days', type: 'integer', nullable: true })
  messageRetentionDays!: number | null;

  /** Null: as long as their messages. */
  @Column({ name: 'media_retention_days', type: 'integer', nullable: true })
  mediaRetentionDays!: number | null;

  /** Counts the changes of these settings. */
  @Column({ name: 'settings_version', type: 'integer', default: 1 })
  version!: number;
}
