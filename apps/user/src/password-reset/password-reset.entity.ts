import { Column, Entity, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { Agent } from '../agent/agent.entity';
import { JoinInTenant } from '../db/join-in-tenant';

/** A link by which an agent chooses another password, known by its hash alone. Gone when it was used; one an agent. */
@Entity('password_reset')
@Unique('password_reset_hash', ['hash'])
export class PasswordReset {
  @PrimaryColumn({ name: 'agent_id', type: 'uuid', primaryKeyConstraintName: 'password_reset_pk' })
  agentId!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @ManyToOne(() => Agent, { onDelete: 'CASCADE' })
  @JoinInTenant('agent_id', 'password_reset_agent_fk')
  agent?: Agent;

  /** SHA-256 of the token, which is 256 random bits. */
  @Column({ type: 'bytea' })
  hash!: Buffer;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;
}
