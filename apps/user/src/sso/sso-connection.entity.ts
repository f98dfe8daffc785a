import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import { Tenant } from '../tenant/tenant.entity';

/** The identity provider of a tenant. */
@Entity('sso_connection')
export class SsoConnection {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid', primaryKeyConstraintName: 'sso_connection_pk' })
  tenantId!: string;

  @OneToOne(() => Tenant)
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'sso_connection_tenant_fk' })
  tenant?: Tenant;

  @Column({ type: 'text' })
  issuer!: string;

  @Column({ name: 'client_id', type: 'text' })
  clientId!: string;

  /** Sealed. */
  @Column({ name: 'client_secret', type: 'bytea', select: false })
  clientSecret!: Buffer;

  @Column({ type: 'text', array: true })
  domains!: string[];

  @Column({ type: 'boolean' })
  enabled!: boolean;

  /** Passwords are good for admins only. */
  @Column({ type: 'boolean' })
  enforced!: boolean;
}
