import { DEFAULT_CAPACITY, type AgentStatus, type BuiltInRole, type WorkingHours } from '@scrm/contracts';
import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { JoinInTenant } from '../db/join-in-tenant';
import { Role } from '../role/role.entity';
import { Tenant } from '../tenant/tenant.entity';

/** A person who signs in. */
@Entity('agent')
@Unique('agent_email', ['email'])
@Unique('agent_tenant_id_id', ['tenantId', 'id'])
@Index('agent_access_changed', ['accessChangedAt'])
@Index('agent_role_id', ['roleId'])
@Index('agent_by_name', { synchronize: false })
@Index('agent_by_email', ['tenantId', 'email', 'id'])
@Check('agent_capacity', `capacity >= 0 AND capacity <= 500`)
@Check('agent_email_lower_case', `email = lower(email)`)
@Check('agent_role', `role IN ('admin', 'leader', 'agent', 'auditor', 'custom')`)
@Check('agent_custom_role', `(role = 'custom') = (role_id IS NOT NULL)`)
@Check('agent_status', `status IN ('invited', 'active', 'deactivated')`)
@Check('agent_password', `status <> 'active' OR password_set_at IS NOT NULL`)
export class Agent {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'agent_pk' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @ManyToOne(() => Tenant)
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'agent_tenant_fk' })
  tenant?: Tenant;

  @Column({ type: 'text' })
  name!: string;

  /** Lower case, and unique over all tenants: it is what somebody signs in with. */
  @Column({ type: 'text' })
  email!: string;

  /** Argon2id; null until they chose one. Only the system role may read it. */
  @Column({ name: 'password_hash', type: 'text', nullable: true, select: false })
  passwordHash!: string | null;

  @Column({ name: 'password_set_at', type: 'timestamptz', nullable: true, default: () => 'now()' })
  passwordSetAt!: Date | null;

  /** One that every tenant has; `custom`: {@link roleId} says which of the tenant's own. */
  @Column({ type: 'text' })
  role!: BuiltInRole | 'custom';

  @Column({ name: 'role_id', type: 'uuid', nullable: true })
  roleId!: string | null;

  @ManyToOne(() => Role)
  @JoinInTenant('role_id', 'agent_role_fk')
  customRole?: Role;

  /** `invited`: has no password yet. `deactivated`: cannot sign in, and is refused when tokens are refreshed. */
  @Column({ type: 'text', default: 'active' })
  status!: AgentStatus;

  /** Of what may be done: tokens carry it, and older ones are over. */
  @Column({ name: 'access_version', type: 'integer', default: 1 })
  accessVersion!: number;

  @Column({ name: 'access_changed_at', type: 'timestamptz', nullable: true })
  accessChangedAt!: Date | null;

  /** That they speak, by BCP 47. */
  @Column({ type: 'text', array: true, default: () => `'{}'` })
  languages!: string[];

  /** How many open conversations at a time. */
  @Column({ type: 'integer', default: DEFAULT_CAPACITY })
  capacity!: number;

  /** Null: the tenant's. */
  @Column({ name: 'working_hours', type: 'jsonb', nullable: true })
  workingHours!: WorkingHours | null;

  /** Null: the tenant's. */
  @Column({ name: 'time_zone', type: 'text', nullable: true })
  timeZone!: string | null;
}
