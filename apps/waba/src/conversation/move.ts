import type { Timeline } from '../stream/timeline';
import { audienceOf, type ConversationRecord } from './conversation.record';

/** To another agent or team; what is not given stays. Where nothing changes, nothing is said. */
export function move(
  timeline: Timeline,
  conversation: ConversationRecord,
  { assigneeId, teamId }: { assigneeId?: string | null | undefined; teamId?: string | undefined },
): boolean {
  const previous = audienceOf(conversation);
  if (assigneeId !== undefined) conversation.assignee_id = assigneeId;
  if (teamId !== undefined) conversation.team_id = teamId;
  const now = audienceOf(conversation);
  if (now.assigneeId === previous.assigneeId && now.teamId === previous.teamId) return false;
  timeline.record(conversation, 'conversation.updated', undefined, { previousAudience: previous });
  return true;
}
