import type { Handler, RealtimeEvents } from './realtime-client.types';

/** Handlers by what they wait for. They run one after the other; one that throws holds up nothing. */
export class Emitter {
  private readonly handlers = new Map<keyof RealtimeEvents, Set<Handler<never>>>();

  /** Calls the handler for each of these; the answer takes it off again. */
  on<K extends keyof RealtimeEvents>(type: K, handler: Handler<K>): () => void {
    const handlers = this.handlers.get(type) ?? new Set();
    this.handlers.set(type, handlers.add(handler));
    return () => void handlers.delete(handler);
  }

  protected async emit<K extends keyof RealtimeEvents>(type: K, value: RealtimeEvents[K]) {
    for (const handler of this.handlers.get(type) ?? []) {
      try {
        await (handler as Handler<K>)(value);
      } catch (error) {
        if (type !== 'error') this.report(error);
      }
    }
  }

  protected report(error: unknown) {
    void this.emit('error', error instanceof Error ? error : new Error(String(error)));
  }
}
