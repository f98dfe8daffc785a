export * from './access-matrix';
export { rpcHandlers } from './handlers';
export { TenantRows } from './tenant-rows';
