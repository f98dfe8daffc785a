import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { Agent } from '../agent/agent.entity';

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
  @JoinColumn([
    {
      name: 'tenant_id',
      referencedColumnName: 'tenantId',
      foreignKeyConstraintName: 'sso_identity_agent_fk',
    },
    { name: 'agent_id', referencedColumnName: 'id', foreignKeyConstraintName: 'sso_identity_agent_fk' },
  ])
  agent?: Agent;
}
