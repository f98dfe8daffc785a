export * from './access-matrix';
export * from './eventually';
export * from './infrastructure';
export * from './test-identity';
export * from './tcp-proxy';
export * from './run-program';
export * from './screen';
export * from './stack';
