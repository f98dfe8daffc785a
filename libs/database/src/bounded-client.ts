import { afterInput } from '@scrm/platform';
import { Client, type ClientConfig } from 'pg';

/** Passes by itself, says its code. */
class SilentServerError extends Error {
  readonly code = 'ETIMEDOUT';
  constructor(ms: number) {
    super(`Connection terminated: the database said nothing for ${ms} ms`);
  }
}

interface Bounds {
  connectMs: number;
  silenceMs: number;
}

/**
 * A client for one pool that gives up where it is not connected within `connectMs` (pg's pool has a single limit for
 * that and for the wait for a free one), and ends its connection where an answer stays out for `silenceMs`. The
 * server's own `statement_timeout` does not help where the network swallows everything, and pg's `query_timeout` only
 * gives up the question: the connection goes back to the pool with the hung question in it, and the next one waits
 * behind that.
 *
 * One that hangs speaks for the others: idle connections that heard nothing since it asked are ended with it, or each
 * of them would have to be found out in the same slow way.
 */
export function boundedClient({ connectMs, silenceMs }: Bounds): typeof Client {
  const pool = new Set<BoundedClient>();

  class BoundedClient extends Client {
    private heardAt = performance.now();
    private asking = 0;
    private timer: NodeJS.Timeout | undefined;

    constructor(config: ClientConfig) {
      super({ ...config, connectionTimeoutMillis: connectMs });
      pool.add(this);
      this.once('end', () => this.forget());
    }

    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- pg's overloads, passed on as they came
    override query(...args: any[]): any {
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
      const answer: unknown = (super.query as any)(...args);
      if (answer instanceof Promise) this.watch(answer);
      return answer;
    }

    private watch(answer: Promise<unknown>) {
      if (this.asking++ === 0) this.arm();
      const answered = () => {
        this.heardAt = performance.now();
        clearTimeout(this.timer);
        if (--this.asking > 0) this.arm();
      };
      answer.then(answered, answered);
    }

    private arm() {
      const since = performance.now();
      this.timer = setTimeout(() => afterInput(() => this.giveUp(since)), silenceMs);
    }

    private giveUp(since: number) {
      if (this.heardAt > since) return;
      for (const other of pool) {
        if (other !== this && other.asking === 0 && other.heardAt < since) other.terminate();
      }
      this.terminate();
    }

    private terminate() {
      this.forget();
      const { stream } = (this as unknown as { connection: { stream: { destroy(error: Error): void } } })
        .connection;
      stream.destroy(new SilentServerError(silenceMs));
    }

    private forget() {
      clearTimeout(this.timer);
      pool.delete(this);
    }
  }
  return BoundedClient;
}
