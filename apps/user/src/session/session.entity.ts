import { Column, Entity, Index, ManyToOne, PrimaryColumn } from 'typeorm';
import { Agent } from '../agent/agent.entity';
import { JoinInTenant } from '../db/join-in-tenant';

/** One sign-in of an agent. All refresh tokens that follow from it are its family, and end with it. */
@Entity('session')
@Index('session_agent', ['tenantId', 'agentId'])
@Index('session_by_id', ['tenantId', 'agentId', 'id'], { where: 'revoked_at IS NULL' })
@Index('session_by_use', ['tenantId', 'agentId', 'lastUsedAt', 'id'], { where: 'revoked_at IS NULL' })
@Index('session_revoked', ['revokedAt'])
export class Session {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'session_pk' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @Column({ name: 'agent_id', type: 'uuid' })
  agentId!: string;

  @ManyToOne(() => Agent, { onDelete: 'CASCADE' })
  @JoinInTenant('agent_id', 'session_agent_fk')
  agent?: Agent;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  /** Opened by the identity provider of the business: a second factor is up to that. */
  @Column({ name: 'by_sso', type: 'boolean', default: false })
  bySso!: boolean;

  /** Refreshing does not move it: then it is time to sign in again. */
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt!: Date | null;

  @Column({ name: 'user_agent', type: 'text', nullable: true })
  userAgent!: string | null;

  @Column({ type: 'text', nullable: true })
  ip!: string | null;

  /** When tokens were last handed out. */
  @Column({ name: 'last_used_at', type: 'timestamptz', default: () => 'now()' })
  lastUsedAt!: Date;
}
