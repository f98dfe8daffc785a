import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { Tenant } from '../tenant/tenant.entity';

/** Agents who share an inbox. */
@Entity('team')
@Index('team_by_name', { synchronize: false })
@Unique('team_tenant_id_name', ['tenantId', 'name'])
@Unique('team_tenant_id_id', ['tenantId', 'id'])
export class Team {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'team_pk' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @ManyToOne(() => Tenant)
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'team_tenant_fk' })
  tenant?: Tenant;

  @Column({ type: 'text' })
  name!: string;
}
