import type { Presence } from '@scrm/contracts';
import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Agent } from '../agent/agent.entity';
import { JoinInTenant } from '../db/join-in-tenant';

/** A ws pod, for as long as it is heard. One row is written for each report, however many sockets there are. */
@Entity('ws_pod')
export class WsPod {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'ws_pod_pk' })
  pod!: string;

  @Column({ type: 'bigint' })
  seq!: number;

  @Column({ name: 'seen_at', type: 'timestamptz', default: () => 'now()' })
  seenAt!: Date;
}

/** An agent has a socket, or several, on the pod. Written when the first one comes and the last one goes. */
@Entity('agent_socket')
@Index('agent_socket_agent', ['agentId'])
export class AgentSocket {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'agent_socket_pk' })
  pod!: string;

  @ManyToOne(() => WsPod, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'pod', foreignKeyConstraintName: 'agent_socket_pod_fk' })
  wsPod?: WsPod;

  @PrimaryColumn({ name: 'agent_id', type: 'uuid', primaryKeyConstraintName: 'agent_socket_pk' })
  agentId!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;
}

/** What others are told of an agent: what they chose while they are present, `offline` where not. */
@Entity('agent_presence')
@Index('agent_presence_left', ['leftAt'], { where: 'left_at IS NOT NULL' })
@Check('agent_presence_chosen', `chosen IN ('online', 'busy', 'away', 'offline')`)
export class AgentPresence {
  @PrimaryColumn({ name: 'agent_id', type: 'uuid', primaryKeyConstraintName: 'agent_presence_pk' })
  agentId!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @ManyToOne(() => Agent, { onDelete: 'CASCADE' })
  @JoinInTenant('agent_id', 'agent_presence_agent_fk')
  agent?: Agent;

  @Column({ type: 'text', default: 'online' })
  chosen!: Presence;

  @Column({ type: 'boolean', default: false })
  present!: boolean;

  /** Present, but without a socket since then: not for long. */
  @Column({ name: 'left_at', type: 'timestamptz', nullable: true })
  leftAt!: Date | null;
}
