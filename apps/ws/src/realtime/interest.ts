import type { Clock } from './clock';

/** The broker, as far as this pod's queue is concerned. */
export interface Bindings {
  /** Resolves with true when what is published from now on comes; with false where the connection was lost before. */
  bind(key: string): Promise<boolean>;
  unbind(key: string): void;
}

/** Someone who reloads the page finds the key bound. */
const LINGER_MS = 30_000;
/** What is bound in one moment is compared with the history by one question. */
const CHECK_MS = 50;

/**
 * Keeps this pod's queue bound to what its feeds want to hear: a new key at once, and one that nobody wants any more
 * for a while yet. Whatever was published before a key was bound is found in the history.
 */
export class Interest {
  /** The keys of each tenant; those that are to go, with what keeps them. */
  private readonly bound = new Map<string, Map<string, (() => void) | undefined>>();
  private readonly toCheck = new Set<string>();

  constructor(
    private readonly bindings: Bindings,
    private readonly clock: Clock,
    /** What the stream did while the first key of a tenant was bound has left no trace here. */
    private readonly check: (tenantIds: string[]) => void,
  ) {}

  want(tenantId: string, keys: string[]) {
    let bound = this.bound.get(tenantId);
    if (!bound) this.bound.set(tenantId, (bound = new Map()));
    const wanted = new Set(keys);
    for (const [key, keep] of bound) {
      if (wanted.has(key) || keep) continue;
      bound.set(
        key,
        this.clock.after(LINGER_MS, () => this.letGo(tenantId, key)),
      );
    }
    // The first leads to everything that the tenant does, one way or the other.
    const [first] = keys;
    for (const key of wanted) {
      const known = bound.has(key);
      bound.get(key)?.();
      bound.set(key, undefined);
      if (known) continue;
      const done = this.bindings.bind(key);
      if (key === first) void done.then((bound) => bound && this.checkSoon(tenantId));
    }
  }

  close() {
    for (const bound of this.bound.values()) for (const keep of bound.values()) keep?.();
    this.bound.clear();
    this.toCheck.clear();
  }

  private letGo(tenantId: string, key: string) {
    const bound = this.bound.get(tenantId);
    if (!bound?.delete(key)) return;
    this.bindings.unbind(key);
    if (bound.size === 0) this.bound.delete(tenantId);
  }

  private checkSoon(tenantId: string) {
    if (this.toCheck.size === 0) {
      this.clock.after(CHECK_MS, () => {
        const tenantIds = [...this.toCheck];
        this.toCheck.clear();
        if (tenantIds.length > 0) this.check(tenantIds);
      });
    }
    this.toCheck.add(tenantId);
  }
}
