import { Column, Entity, Index, ManyToOne, PrimaryColumn } from 'typeorm';
import { Agent } from '../agent/agent.entity';
import { JoinInTenant } from '../db/join-in-tenant';

/** Who gets the conversations of an agent who was let go: of their last time, and whether `waba` knows of it. */
@Entity('hand_over')
@Index('hand_over_undelivered', ['createdAt'], { where: 'delivered_at IS NULL' })
export class HandOver {
  @PrimaryColumn({ name: 'agent_id', type: 'uuid', primaryKeyConstraintName: 'hand_over_pk' })
  agentId!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @ManyToOne(() => Agent, { onDelete: 'CASCADE' })
  @JoinInTenant('agent_id', 'hand_over_agent_fk')
  agent?: Agent;

  /** Of what the agent may do: with this one they were out. */
  @Column({ type: 'integer' })
  version!: number;

  /** Null, and no team: back to the pool of each conversation's team. */
  @Column({ name: 'to_agent_id', type: 'uuid', nullable: true })
  toAgentId!: string | null;

  /** Theirs, when it was checked that they are active. */
  @Column({ name: 'to_agent_version', type: 'integer', nullable: true })
  toAgentVersion!: number | null;

  @Column({ name: 'to_team_id', type: 'uuid', nullable: true })
  toTeamId!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'delivered_at', type: 'timestamptz', nullable: true })
  deliveredAt!: Date | null;
}
