import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

/** A W3C trace context: the id that follows a message through all services and the broker. */
export interface Trace {
  traceId: string;
  spanId: string;
}

const storage = new AsyncLocalStorage<Trace>();
/** The standard forbids version ff and ids of zeros: tools that follow it would drop such a trace. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export const newTrace = (): Trace => ({
  traceId: randomBytes(16).toString('hex'),
  spanId: randomBytes(8).toString('hex'),
});

/** Goes on with the caller's trace; starts one where there is none, or where it is malformed. */
export function traceFrom(traceparent: unknown): Trace {
  const match = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent) : null;
  return match ? { traceId: match[1]!, spanId: randomBytes(8).toString('hex') } : newTrace();
}

export const currentTrace = (): Trace | undefined => storage.getStore();

export const traceparent = (trace: Trace | undefined = currentTrace()): string | undefined =>
  trace && `00-${trace.traceId}-${trace.spanId}-01`;

export function withTrace<T>(trace: Trace, work: () => T): T {
  return storage.run(trace, work);
}
