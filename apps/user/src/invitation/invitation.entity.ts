import { Column, Entity, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { Agent } from '../agent/agent.entity';
import { JoinInTenant } from '../db/join-in-tenant';

/** A link by which somebody becomes an agent, known by its hash alone. Gone when it was used; one an agent. */
@Entity('invitation')
@Unique('invitation_agent_id', ['agentId'])
export class Invitation {
  /** SHA-256 of the token, which is 256 random bits. */
  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'invitation_pk' })
  hash!: Buffer;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @Column({ name: 'agent_id', type: 'uuid' })
  agentId!: string;

  @ManyToOne(() => Agent, { onDelete: 'CASCADE' })
  @JoinInTenant('agent_id', 'invitation_agent_fk')
  agent?: Agent;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;
}
