import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { SsoConnection } from './sso-connection.entity';

/** A sign-in that is on its way through the provider. Good once, for ten minutes. */
@Entity('sso_state')
@Index('sso_state_expiry', ['expiresAt'])
export class SsoState {
  /** SHA-256 of the state. */
  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'sso_state_pk' })
  hash!: Buffer;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @ManyToOne(() => SsoConnection, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'sso_state_connection_fk' })
  connection?: SsoConnection;

  /** SHA-256 of what the browser kept. */
  @Column({ name: 'browser_hash', type: 'bytea' })
  browserHash!: Buffer;

  /** Whom it was sent to. */
  @Column({ type: 'text' })
  issuer!: string;

  @Column({ type: 'text' })
  nonce!: string;

  /** PKCE's secret: the code is worth nothing without it. */
  @Column({ type: 'text' })
  verifier!: string;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;
}
