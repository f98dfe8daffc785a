import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

/** A W3C trace context: the id that follows a message through all services and the broker. */
export interface Trace {
  traceId: string;
  spanId: string;
  origin?: Origin;
}

/** Whom a request came from, as the gateway saw it. */
export interface Origin {
  ip?: string;
  userAgent?: string;
}

const storage = new AsyncLocalStorage<Trace>();
/** The standard forbids version ff and ids of zeros: tools that follow it would drop such a trace. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

let pool = Buffer.alloc(0);
let used = 0;

/** From the system's randomness, which is asked for many at a time: every message needs some. */
function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    pool = randomBytes(4096);
    used = 0;
  }
  return pool.toString('hex', used, (used += bytes));
}

export const newTrace = (): Trace => ({ traceId: randomHex(16), spanId: randomHex(8) });

/** Goes on with the caller's trace; starts one where there is none, or where it is malformed. */
export function traceFrom(traceparent: unknown): Trace {
  const match = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent) : null;
  return match ? { traceId: match[1]!, spanId: randomHex(8) } : newTrace();
}

export const currentTrace = (): Trace | undefined => storage.getStore();

export const traceparent = (trace: Trace | undefined = currentTrace()): string | undefined =>
  trace && `00-${trace.traceId}-${trace.spanId}-01`;

export function withTrace<T>(trace: Trace, work: () => T): T {
  return storage.run(trace, work);
}
