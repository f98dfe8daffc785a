export * from './audit/audit';
export * from './audit/audit-cli';
export { auditTrail, DROP_AUDIT_TRAIL } from './audit/audit-schema';
export * from './audit/verify-audit';
export * from './data-source';
export * from './database.module';
export * from './migrate';
export * from './transaction';
export { isTransient } from '@scrm/platform';
