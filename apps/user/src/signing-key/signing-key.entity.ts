import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The public half, as RFC 7517 writes it. */
export interface PublicJwk {
  kty: string;
  crv: string;
  x: string;
  y: string;
  kid: string;
  alg: string;
  use: string;
}

/** A key that access tokens are signed with. At most one is not retired: a unique index holds that. */
@Entity('signing_key')
export class SigningKey {
  /** RFC 7638 thumbprint of the public key. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'signing_key_pk' })
  kid!: string;

  /** PKCS #8 in PEM. */
  @Column({ name: 'private_key', type: 'text' })
  privateKey!: string;

  @Column({ name: 'public_jwk', type: 'jsonb' })
  publicJwk!: PublicJwk;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  /** Signs nothing more; still published for as long as tokens that it signed may live. */
  @Column({ name: 'retired_at', type: 'timestamptz', nullable: true })
  retiredAt!: Date | null;
}
