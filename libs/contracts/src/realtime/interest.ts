import type { Audience, Principal, Scope } from '../access';
import type { EventPayload } from '../contract';
import type { ConversationEvent } from '../event/conversation-changed';
import type { streamAdvanced } from '../event/stream-advanced';

/**
 * How changes reach the ws pods. `fanout`: everything to every pod. `interest`: changes where somebody could see them,
 * and to the other pods of the tenant only that the stream went on.
 */
export const REALTIME_ROUTINGS = ['fanout', 'interest'] as const;
export type RealtimeRouting = (typeof REALTIME_ROUTINGS)[number];

/** A place in the stream of which only is known who could see what happened there. */
export type Place = Pick<ConversationEvent, 'position' | 'audience' | 'previousAudience'>;

/** The changes of one transaction, whatever else is known of each. */
interface Changes<E extends Place> {
  tenantId: string;
  epoch: string;
  events: E[];
}

/** Whoever sees everything of the tenant is filed under this. */
export const EVERYTHING = 'all';

/** What someone is filed under who looks at conversations: {@link keysOfPlace} of all that they can see has one of these. */
export function keysOfViewer(principal: Principal, scope: Scope): string[] {
  if (scope === 'all') return [EVERYTHING];
  const teams = principal.teamIds.map((id) => (scope === 'team' ? `team:${id}` : `pool:${id}`));
  return [`agent:${principal.agentId}`, ...teams];
}

export function keysOfPlace({ audience, previousAudience }: Omit<Place, 'position'>): string[] {
  const keys = keysOfAudience(audience);
  if (!previousAudience) return keys;
  return [...new Set([...keys, ...keysOfAudience(previousAudience)])];
}

function keysOfAudience({ teamId, assigneeId }: Audience): string[] {
  const keys = [EVERYTHING];
  if (assigneeId !== null) keys.push(`agent:${assigneeId}`);
  if (teamId !== null) keys.push(`team:${teamId}`);
  // What waits unassigned is everybody's in the team.
  if (teamId !== null && assigneeId === null) keys.push(`pool:${teamId}`);
  return keys;
}

/** On the broker: the changes for those who are filed under a key. */
export const routingKey = (tenantId: string, key: string) => `${tenantId}.${key}`;

/** On the broker: where the tenant's stream went on. */
export const advanceKey = (tenantId: string) => tenantId;

/** A message's keys travel in its header, which is small. */
const MAX_KEYS = 40;

/**
 * The changes of a transaction in as few messages as their keys allow: each goes to whoever has one of its keys. What
 * one message costs the broker counts for more than some events that are not shown where it goes.
 */
export function partsByInterest<E extends Place>({
  tenantId,
  epoch,
  events,
}: Changes<E>): { keys: string[]; changes: Changes<E> }[] {
  const parts: { keys: Set<string>; events: E[] }[] = [];
  let part: (typeof parts)[number] | undefined;
  // Those of a team together: they are seen in the same places.
  const team = ({ audience }: Place) => audience.teamId ?? '';
  for (const event of [...events].sort((a, b) => (team(a) < team(b) ? -1 : team(a) > team(b) ? 1 : 0))) {
    const keys = keysOfPlace(event);
    const known = part?.keys;
    if (!part || part.keys.size + keys.filter((key) => !known?.has(key)).length > MAX_KEYS) {
      parts.push((part = { keys: new Set(), events: [] }));
    }
    for (const key of keys) part.keys.add(key);
    part.events.push(event);
  }
  return parts.map((p) => ({
    keys: [...p.keys].map((key) => routingKey(tenantId, key)),
    changes: { tenantId, epoch, events: p.events.sort((a, b) => a.position - b.position) },
  }));
}

/** The same without what happened. Each audience is written once. */
export function advanceOf(
  tenantId: string,
  epoch: string,
  places: Place[],
): EventPayload<typeof streamAdvanced> {
  const audiences: [string | null, string | null][] = [];
  const known = new Map<string, number>();
  const indexOf = ({ teamId, assigneeId }: Audience) => {
    const name = `${teamId} ${assigneeId}`;
    let index = known.get(name);
    if (index === undefined) {
      known.set(name, (index = audiences.length));
      audiences.push([teamId, assigneeId]);
    }
    return index;
  };
  return {
    tenantId,
    epoch,
    audiences,
    places: places.map(({ position, audience, previousAudience }) =>
      previousAudience
        ? [position, indexOf(audience), indexOf(previousAudience)]
        : [position, indexOf(audience)],
    ),
  };
}

/** @throws TypeError where an audience is missing */
export function placesOf({ audiences, places }: EventPayload<typeof streamAdvanced>): Place[] {
  const known = audiences.map(([teamId, assigneeId]): Audience => ({ teamId, assigneeId }));
  const at = (index: number) => {
    const audience = known[index];
    if (!audience) throw new TypeError('no such audience');
    return audience;
  };
  return places.map(([position, now, before]) => ({
    position,
    audience: at(now),
    ...(before !== undefined && { previousAudience: at(before) }),
  }));
}
