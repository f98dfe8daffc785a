import type { MessageStatus } from '@scrm/contracts';

/** How far a message has come. What WhatsApp took and then could not deliver is further than `sent`. */
const RANK: Record<MessageStatus, number> = {
  queued: 0,
  sending: 1,
  unknown: 1,
  sent: 2,
  failed: 3,
  delivered: 4,
  read: 5,
  played: 6,
  received: 7,
};
const REPORTED: ReadonlySet<string> = new Set(['sent', 'failed', 'delivered', 'read', 'played']);

/**
 * The status after WhatsApp reported `reported`. It only moves forward, so reports end the same in whatever order they
 * come: `failed` ends a message that has not arrived; one that did arrive was not a failure after all.
 */
export function nextStatus(current: MessageStatus, reported: string): MessageStatus {
  if (!REPORTED.has(reported)) return current;
  return RANK[reported as MessageStatus] > RANK[current] ? (reported as MessageStatus) : current;
}
