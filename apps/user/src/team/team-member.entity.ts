import { Column, Entity, Index, ManyToOne, PrimaryColumn } from 'typeorm';
import { Agent } from '../agent/agent.entity';
import { JoinInTenant } from '../db/join-in-tenant';
import { Team } from './team.entity';

/** An agent in a team. */
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
  @JoinInTenant('team_id', 'team_member_team_fk')
  team?: Team;

  @ManyToOne(() => Agent, { onDelete: 'CASCADE' })
  @JoinInTenant('agent_id', 'team_member_agent_fk')
  agent?: Agent;

  @Column({ type: 'boolean', default: false })
  leader!: boolean;
}
