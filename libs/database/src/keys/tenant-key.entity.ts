import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { tenantIsolation } from '../migrate';

/** A key that secrets of one tenant are sealed with. Wrapped by a master key, which no database has. */
@Entity('tenant_key')
@Index('tenant_key_one_active', ['tenantId'], { unique: true, where: 'retired_at IS NULL' })
@Index('tenant_key_master', ['masterKeyId'])
export class TenantKey {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'tenant_key_pk' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @Column({ type: 'bytea' })
  wrapped!: Buffer;

  @Column({ name: 'master_key_id', type: 'text' })
  masterKeyId!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  /** Seals nothing more. It is kept: backups may have values that it opens. */
  @Column({ name: 'retired_at', type: 'timestamptz', nullable: true })
  retiredAt!: Date | null;
}

/** The table, for the migration of a service that keeps secrets of tenants. People's questions never read it. */
export const tenantKeyTable = (roles: { app: string; system: string }): string[] => [
  `CREATE TABLE tenant_key (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    wrapped bytea NOT NULL,
    master_key_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz,
    CONSTRAINT tenant_key_pk PRIMARY KEY (id)
  )`,
  // At most one key of a tenant seals, whatever two pods do at the same moment.
  `CREATE UNIQUE INDEX tenant_key_one_active ON tenant_key (tenant_id) WHERE retired_at IS NULL`,
  `CREATE INDEX tenant_key_master ON tenant_key (master_key_id)`,
  ...tenantIsolation('tenant_key', roles),
  `GRANT SELECT, INSERT, UPDATE (wrapped, master_key_id, retired_at) ON tenant_key TO ${roles.system}`,
];
