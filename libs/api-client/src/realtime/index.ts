export { RealtimeClient } from './realtime-client';
export type * from './realtime-client.types';
