import { Column, Entity, Index, ManyToOne, PrimaryColumn } from 'typeorm';
import { Agent } from '../agent/agent.entity';
import { JoinInTenant } from '../db/join-in-tenant';

/** What a machine comes with. */
@Entity('api_key')
@Index('api_key_tenant', ['tenantId', 'id'])
@Index('api_key_revoked', ['revokedAt'])
// By its collation, which TypeORM does not say: see the migration.
@Index('api_key_by_name', { synchronize: false })
export class ApiKey {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'api_key_pk' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @Column({ type: 'text' })
  name!: string;

  /** SHA-256 of the secret: it is random and long, so nothing slower is needed. Only the system role may read it. */
  @Column({ type: 'bytea', select: false })
  hash!: Buffer;

  @Column({ type: 'text', array: true })
  permissions!: string[];

  @Column({ name: 'created_by', type: 'uuid' })
  createdBy!: string;

  @ManyToOne(() => Agent)
  @JoinInTenant('created_by', 'api_key_created_by_fk')
  creator?: Agent;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  /** When it was last traded for an access token. */
  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true })
  lastUsedAt!: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt!: Date | null;
}
