import { Column, Entity, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { Agent } from '../agent/agent.entity';
import { JoinInTenant } from '../db/join-in-tenant';

/** Who an agent is at the provider, since they came in by their email: emails change hands, this does not. */
@Entity('sso_identity')
@Unique('sso_identity_agent', ['agentId', 'issuer'])
export class SsoIdentity {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid', primaryKeyConstraintName: 'sso_identity_pk' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'sso_identity_pk' })
  issuer!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'sso_identity_pk' })
  subject!: string;

  @Column({ name: 'agent_id', type: 'uuid' })
  agentId!: string;

  @ManyToOne(() => Agent, { onDelete: 'CASCADE' })
  @JoinInTenant('agent_id', 'sso_identity_agent_fk')
  agent?: Agent;
}
