import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Agent } from '../agent/agent.entity';
import { Team } from './team.entity';

/**
 * An agent in a team. The foreign keys carry the tenant: the database checks them past row-level security, so
 * without it a row of one tenant could name a team of another.
 */
@Entity('team_member')
@Index('team_member_agent', ['tenantId', 'agentId'])
export class TeamMember {
  @PrimaryColumn({ name: 'team_id', type: 'uuid', primaryKeyConstraintName: 'team_member_pk' })
  teamId!: string;

  @PrimaryColumn({ name: 'agent_id', type: 'uuid', primaryKeyConstraintName: 'team_member_pk' })
  agentId!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @ManyToOne(() => Team, { onDelete: 'CASCADE' })
  @JoinColumn([
    { name: 'tenant_id', referencedColumnName: 'tenantId', foreignKeyConstraintName: 'team_member_team_fk' },
    { name: 'team_id', referencedColumnName: 'id', foreignKeyConstraintName: 'team_member_team_fk' },
  ])
  team?: Team;

  @ManyToOne(() => Agent, { onDelete: 'CASCADE' })
  @JoinColumn([
    { name: 'tenant_id', referencedColumnName: 'tenantId', foreignKeyConstraintName: 'team_member_agent_fk' },
    { name: 'agent_id', referencedColumnName: 'id', foreignKeyConstraintName: 'team_member_agent_fk' },
  ])
  agent?: Agent;

  @Column({ type: 'boolean', default: false })
  leader!: boolean;
}
