import { canSee, keysOfPlace, keysOfViewer, type Place, type Principal, type Scope } from '@scrm/contracts';

/** Someone who looks at conversations, as far as `conversation.read` reaches for them. */
export interface Viewer {
  readonly principal: Principal;
  readonly scope: Scope;
}

/** A change that takes the conversation away is seen once more, so that the client can drop it. */
export function sees({ principal, scope }: Viewer, place: Omit<Place, 'position'>): boolean {
  const { audience, previousAudience } = place;
  return (
    canSee(principal, scope, audience) ||
    (previousAudience !== undefined && canSee(principal, scope, previousAudience))
  );
}

/**
 * The viewers of a tenant by what they can see, so that an event meets its audience and not every socket of a big
 * tenant. The index only narrows the search: `canSee` decides.
 */
export class AudienceIndex<V extends Viewer> {
  private readonly byKey = new Map<string, Set<V>>();
  /** The keys each viewer is filed under: its principal may have changed since. */
  private readonly filed = new Map<V, string[]>();

  /** `onKeys` hears that `keys` are others now. */
  constructor(private readonly onKeys: () => void = () => undefined) {}

  get size(): number {
    return this.filed.size;
  }

  /** Every viewer, in a copy that bears changes. */
  all(): V[] {
    return [...this.filed.keys()];
  }

  /** Also files again, after the principal of a viewer changed. */
  add(viewer: V) {
    this.delete(viewer);
    const keys = keysOfViewer(viewer.principal, viewer.scope);
    this.filed.set(viewer, keys);
    for (const key of keys) {
      const viewers = this.byKey.get(key);
      if (viewers) viewers.add(viewer);
      else {
        this.byKey.set(key, new Set([viewer]));
        this.onKeys();
      }
    }
  }

  delete(viewer: V) {
    for (const key of this.filed.get(viewer) ?? []) {
      const viewers = this.byKey.get(key);
      if (!viewers?.delete(viewer) || viewers.size > 0) continue;
      this.byKey.delete(key);
      this.onKeys();
    }
    this.filed.delete(viewer);
  }

  /** What anybody here is filed under. */
  keys(): Iterable<string> {
    return this.byKey.keys();
  }

  /** Calls `visit` for everyone who sees the event, for some of them more than once. */
  forEachSeeing(place: Place, visit: (viewer: V) => void) {
    for (const key of keysOfPlace(place)) {
      const viewers = this.byKey.get(key);
      if (!viewers) continue;
      for (const viewer of viewers) if (sees(viewer, place)) visit(viewer);
    }
  }

  /** Whether anybody here sees what happened there. */
  isSeen(place: Place): boolean {
    for (const key of keysOfPlace(place)) {
      for (const viewer of this.byKey.get(key) ?? []) if (sees(viewer, place)) return true;
    }
    return false;
  }
}
