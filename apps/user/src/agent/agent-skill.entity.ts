import { Check, Column, Entity, Index, ManyToOne, PrimaryColumn } from 'typeorm';
import { JoinInTenant } from '../db/join-in-tenant';
import { Agent } from './agent.entity';

/** What an agent is good at. Routing asks for who has a skill at some level or above: that is the order of the index. */
@Entity('agent_skill')
@Index('agent_skill_level', ['tenantId', 'skill', 'level', 'agentId'])
@Check('agent_skill_lower_case', `skill = lower(skill)`)
@Check('agent_skill_range', `level >= 1 AND level <= 5`)
export class AgentSkill {
  @PrimaryColumn({ name: 'agent_id', type: 'uuid', primaryKeyConstraintName: 'agent_skill_pk' })
  agentId!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'agent_skill_pk' })
  skill!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @ManyToOne(() => Agent, { onDelete: 'CASCADE' })
  @JoinInTenant('agent_id', 'agent_skill_agent_fk')
  agent?: Agent;

  @Column({ type: 'integer' })
  level!: number;
}
