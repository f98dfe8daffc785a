import type { BuiltInRole, Grants, Role as RoleRef } from '@scrm/contracts';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { Tenant } from '../tenant/tenant.entity';

/** What the agents who have it may do: one that the tenant put together. */
@Entity('role')
@Unique('role_tenant_id_name', ['tenantId', 'name'])
@Unique('role_tenant_id_id', ['tenantId', 'id'])
export class Role {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'role_pk' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @ManyToOne(() => Tenant)
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'role_tenant_fk' })
  tenant?: Tenant;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'jsonb' })
  grants!: Grants;
}

/** How an agent's row names their role. */
export interface RoleColumns {
  role: BuiltInRole | 'custom';
  roleId: string | null;
}

export const roleOf = ({ role, roleId }: RoleColumns): RoleRef => roleId ?? (role as BuiltInRole);

/** {@link roleOf}, of the agent `a` in a statement. */
export const ROLE_OF = 'COALESCE(a.role_id::text, a.role)';
