import { canSee, type Audience, type ConversationEvent, type Principal, type Scope } from '@scrm/contracts';

/** Someone who looks at conversations, as far as `conversation.read` reaches for them. */
export interface Viewer {
  readonly principal: Principal;
  readonly scope: Scope;
}

/** A change that takes the conversation away is seen once more, so that the client can drop it. */
export function sees({ principal, scope }: Viewer, event: ConversationEvent): boolean {
  const { audience, previousAudience } = event;
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
    const keys = keysOf(viewer);
    this.filed.set(viewer, keys);
    for (const key of keys) {
      const viewers = this.byKey.get(key);
      if (viewers) viewers.add(viewer);
      else this.byKey.set(key, new Set([viewer]));
    }
  }

  delete(viewer: V) {
    for (const key of this.filed.get(viewer) ?? []) {
      const viewers = this.byKey.get(key);
      viewers?.delete(viewer);
      if (viewers?.size === 0) this.byKey.delete(key);
    }
    this.filed.delete(viewer);
  }

  /** Calls `visit` for everyone who sees the event, for some of them more than once. */
  forEachSeeing(event: ConversationEvent, visit: (viewer: V) => void) {
    const { audience, previousAudience } = event;
    const keys = keysFor(audience);
    if (previousAudience) keys.push(...keysFor(previousAudience).filter((key) => key !== 'all'));
    for (const key of keys) {
      const viewers = this.byKey.get(key);
      if (!viewers) continue;
      for (const viewer of viewers) if (sees(viewer, event)) visit(viewer);
    }
  }
}

function keysOf({ principal, scope }: Viewer): string[] {
  if (scope === 'all') return ['all'];
  const teams = principal.teamIds.map((id) => (scope === 'team' ? `team:${id}` : `pool:${id}`));
  return [`agent:${principal.agentId}`, ...teams];
}

function keysFor({ teamId, assigneeId }: Audience): string[] {
  const keys = ['all'];
  if (assigneeId !== null) keys.push(`agent:${assigneeId}`);
  if (teamId !== null) keys.push(`team:${teamId}`);
  // What waits unassigned is everybody's in the team.
  if (teamId !== null && assigneeId === null) keys.push(`pool:${teamId}`);
  return keys;
}
