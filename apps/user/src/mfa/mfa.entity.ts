import { Check, Column, Entity, Index, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { Agent } from '../agent/agent.entity';
import { JoinInTenant } from '../db/join-in-tenant';

/** An agent's authenticator. Until a code of it came it does not count. */
@Entity('mfa_totp')
@Unique('mfa_totp_agent_id', ['agentId'])
@Index('mfa_totp_tenant', ['tenantId', 'id'])
export class MfaTotp {
  /** Of this enrolment: another seed is another one. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'mfa_totp_pk' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @Column({ name: 'agent_id', type: 'uuid' })
  agentId!: string;

  @ManyToOne(() => Agent, { onDelete: 'CASCADE' })
  @JoinInTenant('agent_id', 'mfa_totp_agent_fk')
  agent?: Agent;

  /** Base32, sealed with the tenant's key. */
  @Column({ type: 'bytea' })
  seed!: Buffer;

  @Column({ name: 'confirmed_at', type: 'timestamptz', nullable: true })
  confirmedAt!: Date | null;

  /** Of the last code that was used: it and all before are worth nothing any more. */
  @Column({ name: 'last_step', type: 'integer', nullable: true })
  lastStep!: number | null;
}

/** For whoever lost their authenticator. Each is good once; only its hash is kept. */
@Entity('recovery_code')
export class RecoveryCode {
  @PrimaryColumn({ name: 'agent_id', type: 'uuid', primaryKeyConstraintName: 'recovery_code_pk' })
  agentId!: string;

  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'recovery_code_pk' })
  hash!: Buffer;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @ManyToOne(() => Agent, { onDelete: 'CASCADE' })
  @JoinInTenant('agent_id', 'recovery_code_agent_fk')
  agent?: Agent;
}

/** Somebody gave the right password; the second step is to come. */
@Entity('sign_in_challenge')
@Index('sign_in_challenge_agent', ['agentId', 'expiresAt'])
@Check('sign_in_challenge_kind', `kind IN ('code', 'enrolment')`)
export class SignInChallenge {
  /** SHA-256 of the token. */
  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'sign_in_challenge_pk' })
  hash!: Buffer;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @Column({ name: 'agent_id', type: 'uuid' })
  agentId!: string;

  @ManyToOne(() => Agent, { onDelete: 'CASCADE' })
  @JoinInTenant('agent_id', 'sign_in_challenge_agent_fk')
  agent?: Agent;

  @Column({ type: 'text' })
  kind!: 'code' | 'enrolment';

  /** Of the hash of the password that was right: another password ends it. */
  @Column({ name: 'password_digest', type: 'bytea' })
  passwordDigest!: Buffer;

  @Column({ type: 'integer', default: 0 })
  tries!: number;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;
}
