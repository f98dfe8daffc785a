export * from './batch-consumer';
export * from './connection';
export * from './exclusive-subscription';
export * from './messaging.module';
export * from './options';
export * from './publisher';
export * from './rpc-client';
export * from './rpc-server';
