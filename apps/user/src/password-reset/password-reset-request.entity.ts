import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * Somebody asked for a new password. Of no tenant: it is written down before anybody looks whether there is such an
 * account, so that asking takes the same time for all; and gone when that was looked up, a second later.
 */
@Entity('password_reset_request')
export class PasswordResetRequest {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'password_reset_request_pk' })
  email!: string;

  @Column({ name: 'asked_at', type: 'timestamptz', default: () => 'now()' })
  askedAt!: Date;
}
