import type { Role } from '@scrm/contracts';
import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A business that uses the system. Everything else belongs to one. */
@Entity('tenant')
@Index('tenant_access_changed', ['accessChangedAt'])
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
}
