import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Session } from './session.entity';

/** A refresh token, known by its hash alone. Used ones stay, so that their reuse is noticed. */
@Entity('refresh_token')
@Index('refresh_token_session', ['sessionId'])
export class RefreshToken {
  /** SHA-256 of the token. The token is 256 random bits, so the hash needs no salt. */
  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'refresh_token_pk' })
  hash!: Buffer;

  @Column({ name: 'session_id', type: 'uuid' })
  sessionId!: string;

  @ManyToOne(() => Session, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'session_id', foreignKeyConstraintName: 'refresh_token_session_fk' })
  session?: Session;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @Column({ name: 'issued_at', type: 'timestamptz', default: () => 'now()' })
  issuedAt!: Date;

  @Column({ name: 'used_at', type: 'timestamptz', nullable: true })
  usedAt!: Date | null;

  /** Hash of the token that was handed out for it. */
  @Column({ name: 'replaced_by', type: 'bytea', nullable: true })
  replacedBy!: Buffer | null;
}
