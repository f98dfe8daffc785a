import { JoinColumn } from 'typeorm';

/**
 * The columns of a reference to a row of the same tenant. The foreign key carries the tenant: the database checks it past
 * row-level security, so without it a row of one tenant could name a row of another.
 */
export const JoinInTenant = (column: string, foreignKeyConstraintName: string): PropertyDecorator =>
  JoinColumn([
    { name: 'tenant_id', referencedColumnName: 'tenantId', foreignKeyConstraintName },
    { name: column, referencedColumnName: 'id', foreignKeyConstraintName },
  ]);
