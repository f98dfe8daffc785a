import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

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
@Check('signing_key_private', `retired_at IS NOT NULL OR private_key IS NOT NULL OR sealed_key IS NOT NULL`)
export class SigningKey {
  /** RFC 7638 thumbprint of the public key. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'signing_key_pk' })
  kid!: string;

  /** PKCS #8 in PEM, of keys that are older than sealing; a retired key has no private half at all. */
  @Column({ name: 'private_key', type: 'text', nullable: true })
  privateKey!: string | null;

  /** The same PEM, wrapped by a master key. */
  @Column({ name: 'sealed_key', type: 'bytea', nullable: true })
  sealedKey!: Buffer | null;

  @Column({ name: 'master_key_id', type: 'text', nullable: true })
  masterKeyId!: string | null;

  @Column({ name: 'public_jwk', type: 'jsonb' })
  publicJwk!: PublicJwk;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  /** Signs nothing more; still published for as long as tokens that it signed may live. */
  @Column({ name: 'retired_at', type: 'timestamptz', nullable: true })
  retiredAt!: Date | null;
}
