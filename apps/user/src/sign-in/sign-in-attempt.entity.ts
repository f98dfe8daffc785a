import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Wrong passwords, codes and the like of one account from one address. Of no tenant: there may be no such account. */
@Entity('sign_in_attempt')
@Index('sign_in_attempt_age', ['lastAt'])
export class SignInAttempt {
  /** SHA-256 of what is tried and of the email: what strangers type is not kept. */
  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'sign_in_attempt_pk' })
  account!: Buffer;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'sign_in_attempt_pk' })
  address!: string;

  @Column({ type: 'integer' })
  failures!: number;

  @Column({ name: 'last_at', type: 'timestamptz' })
  lastAt!: Date;
}
