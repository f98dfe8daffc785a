import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** A business that uses the system. Everything else belongs to one. */
@Entity('tenant')
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
}
