import { Injectable } from '@nestjs/common';

/** Answers nothing when well; throws what is wrong when not. */
export type HealthCheck = () => void | Promise<void>;

const CHECK_TIMEOUT_MS = 2_000;

/**
 * What a service needs to do its work. Readiness asks all of it; liveness never looks at it, so that a dead
 * database restarts nobody.
 */
@Injectable()
export class Health {
  private readonly checks = new Map<string, HealthCheck>();
  private draining = false;

  register(name: string, check: HealthCheck) {
    this.checks.set(name, check);
  }

  /** From now on not ready: traffic goes elsewhere while what is in hand is finished. */
  drain() {
    this.draining = true;
  }

  async readiness(): Promise<{ ready: boolean; checks: Record<string, string> }> {
    const entries = await Promise.all(
      [...this.checks].map(async ([name, check]) => {
        try {
          await withTimeout(Promise.resolve(check()), CHECK_TIMEOUT_MS);
          return [name, 'ok'] as const;
        } catch (error) {
          return [name, error instanceof Error ? error.message : String(error)] as const;
        }
      }),
    );
    const ready = !this.draining && entries.every(([, state]) => state === 'ok');
    return { ready, checks: { ...Object.fromEntries(entries), ...(this.draining && { drain: 'draining' }) } };
  }
}

function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
