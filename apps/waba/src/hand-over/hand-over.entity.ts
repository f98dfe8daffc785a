import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * An agent who is out, and who gets what was theirs: one row for each, of their last time. It stays when all is done:
 * it also keeps conversations from those who were not yet out when somebody asked.
 */
@Entity('hand_over')
@Index('hand_over_pending', ['begunAt'], { where: 'done_at IS NULL' })
export class HandOver {
  @PrimaryColumn({ name: 'agent_id', type: 'uuid', primaryKeyConstraintName: 'hand_over_pk' })
  agentId!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  /** Of what the agent may do: with this one they were out. */
  @Column({ type: 'integer' })
  version!: number;

  /** Null, and no team: back to the pool of each conversation's team. */
  @Column({ name: 'to_agent_id', type: 'uuid', nullable: true })
  toAgentId!: string | null;

  @Column({ name: 'to_agent_version', type: 'integer', nullable: true })
  toAgentVersion!: number | null;

  @Column({ name: 'to_team_id', type: 'uuid', nullable: true })
  toTeamId!: string | null;

  @Column({ name: 'begun_at', type: 'timestamptz', default: () => 'now()' })
  begunAt!: Date;

  @Column({ name: 'done_at', type: 'timestamptz', nullable: true })
  doneAt!: Date | null;
}
