import type { Caller } from '@scrm/messaging';

/**
 * The rule of sight (`canSee` in the contracts) as SQL over the conversation `v`. Takes three parameters from
 * `$first` on.
 */
export function visible(first: number): string {
  const [scope, agent, teams] = [`$${first}`, `$${first + 1}`, `$${first + 2}`];
  return `(${scope}::text = 'all' OR v.assignee_id = ${agent}::uuid
    OR (v.team_id = ANY(${teams}::uuid[]) AND (${scope} = 'team' OR v.assignee_id IS NULL)))`;
}

export const visibleParameters = ({ principal, scope }: Caller) => [
  scope,
  principal.agentId,
  principal.teamIds,
];
