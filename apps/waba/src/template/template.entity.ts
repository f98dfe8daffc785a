import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('template')
@Index('template_by_id', ['tenantId', 'id'])
@Index('template_by_name', { synchronize: false })
@Index('template_name', ['tenantId', 'wabaId', 'name', 'language'], { unique: true })
export class Template {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'template_pk' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @Column({ name: 'waba_id', type: 'text' })
  wabaId!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  language!: string;

  @Column({ type: 'text' })
  category!: string;

  /** Meta's own word: APPROVED, PENDING, REJECTED, PAUSED, DISABLED, ... */
  @Column({ type: 'text' })
  status!: string;

  @Column({ name: 'parameter_format', type: 'text', default: 'POSITIONAL' })
  parameterFormat!: 'POSITIONAL' | 'NAMED';

  @Column({ type: 'jsonb' })
  components!: unknown[];
}
