import type { MessageStatus } from '@scrm/contracts';

/** How far a message has come. `failed` and `unknown` stand beside the line, not on it. */
const RANK: Partial<Record<MessageStatus, number>> = {
  queued: 0,
  sending: 1,
  sent: 2,
  delivered: 3,
  read: 4,
  played: 5,
};

/**
 * The status after WhatsApp reported `reported`. It only moves forward: what comes late changes nothing. `failed` ends
 * a message that has not arrived; one that WhatsApp later calls sent or more was not a failure after all.
 */
export function nextStatus(current: MessageStatus, reported: string): MessageStatus {
  if (current === 'received') return current;
  if (reported === 'failed') return (RANK[current] ?? 0) >= RANK.delivered! ? current : 'failed';
  const rank = RANK[reported as MessageStatus];
  if (rank === undefined) return current;
  const currentRank = current === 'failed' || current === 'unknown' ? RANK.sending! : RANK[current]!;
  return rank > currentRank ? (reported as MessageStatus) : current;
}
