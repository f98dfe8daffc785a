import type { Statuses, StatusName } from '../settings/settings.schema';

export interface PlannedStatus {
  status: StatusName | 'failed';
  delayMs: number;
  /** How many times it is delivered: 0 = lost, 1 = once, more = duplicates. */
  copies: number;
}

const NATURAL: readonly StatusName[] = ['sent', 'delivered', 'read'];

/**
 * Which statuses a message gets, when, and how often. The moments come from the delays; `order` says which
 * status takes which moment, so an unnatural order is unnatural on the wire too.
 */
export function planStatuses(settings: Statuses, random: () => number = Math.random): PlannedStatus[] {
  const { fail } = settings;
  const names: (StatusName | 'failed')[] = fail
    ? fail.afterSent
      ? ['sent', 'failed']
      : ['failed']
    : settings.autoRead
      ? [...NATURAL]
      : ['sent', 'delivered'];
  const moments = names
    .map((name) => (name === 'failed' ? settings.delays.delivered : settings.delays[name]))
    .sort((a, b) => a - b);
  return inOrder(names, settings.order, random).map((status, i) => ({
    status,
    delayMs: moments[i] ?? 0,
    copies: copiesOf(status, settings, random),
  }));
}

export function copiesOf(status: StatusName | 'failed', settings: Statuses, random: () => number): number {
  if (status !== 'failed' && random() < settings.loss[status]) return 0;
  return 1 + settings.duplicates;
}

function inOrder<T extends string>(names: T[], order: Statuses['order'], random: () => number): T[] {
  if (order === 'shuffled') {
    const shuffled = [...names];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
    }
    return shuffled;
  }
  // Names that the list leaves out keep their place behind it.
  const rank = (name: T): number => {
    const at = (order as string[]).indexOf(name);
    return at < 0 ? order.length : at;
  };
  return [...names].sort((a, b) => rank(a) - rank(b));
}
