import { Check, Column, Entity, Index, ManyToOne, PrimaryColumn } from 'typeorm';
import { Agent } from '../agent/agent.entity';
import { JoinInTenant } from '../db/join-in-tenant';

export const MAIL_KINDS = ['invitation', 'password-reset', 'password-changed'] as const;
export type MailKind = (typeof MAIL_KINDS)[number];

/**
 * The last mail of a kind to an agent. What it says may hold a secret, so it is gone once the mail is; the rest stays
 * for an hour, so that nobody gets more than a few.
 */
@Entity('mail')
@Index('mail_due', ['nextAttemptAt'])
@Check('mail_kind', `kind IN ('invitation', 'password-reset', 'password-changed')`)
export class Mail {
  @PrimaryColumn({ name: 'agent_id', type: 'uuid', primaryKeyConstraintName: 'mail_pk' })
  agentId!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'mail_pk' })
  kind!: MailKind;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @ManyToOne(() => Agent, { onDelete: 'CASCADE' })
  @JoinInTenant('agent_id', 'mail_agent_fk')
  agent?: Agent;

  /** Another one for each mail: its Message-ID follows from it. */
  @Column({ type: 'uuid' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  address!: string;

  /** `{subject, text, html}`; null once it was sent, or given up. */
  @Column({ type: 'jsonb', nullable: true })
  letter!: unknown;

  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  /** Null once it was sent, or given up. */
  @Column({ name: 'next_attempt_at', type: 'timestamptz', nullable: true, default: () => 'now()' })
  nextAttemptAt!: Date | null;

  /** Then it is given up. */
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  /** How many there were since {@link countedSince}. */
  @Column({ type: 'integer', default: 1 })
  counted!: number;

  @Column({ name: 'counted_since', type: 'timestamptz', default: () => 'now()' })
  countedSince!: Date;
}
