export * from './data-source';
export * from './database.module';
export * from './migrate';
export * from './transaction';
export { isTransient } from '@scrm/platform';
export * from './sorted-list';
