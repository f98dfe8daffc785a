export * from './eventually';
export * from './fake-service';
export * from './infrastructure';
export * from './test-identity';
export * from './tcp-proxy';
export * from './screen';
export * from './stack';
