import { Injectable } from '@nestjs/common';
import type { conversationList } from '@scrm/contracts';
import type { Caller } from '@scrm/messaging';
import type { EntityManager } from 'typeorm';
import type { z } from 'zod';
import { CONVERSATION_COLUMNS, type ConversationRecord } from './conversation.record';
import { decodePage, isUuid } from '@scrm/platform';
import { visible, visibleParameters } from './visibility';

type ListQuery = z.output<typeof conversationList.request>;

/** A conversation and its exact place in the list: a Date is too coarse, and its page would skip some. */
export type ListedConversation = ConversationRecord & { place: string };

const PLACE = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?[+-]\d{2}(:\d{2})?$/;
const isPlace = (parts: unknown[]): parts is [string, string] =>
  parts.length === 2 && typeof parts[0] === 'string' && PLACE.test(parts[0]) && isUuid(parts[1]);

@Injectable()
export class ConversationRepository {
  /** One row more than the page, so that the caller knows whether there is a next one. */
  async list(manager: EntityManager, caller: Caller, query: ListQuery): Promise<ListedConversation[]> {
    const { cursor, limit, status, senderId } = query;
    const parameters: unknown[] = [];
    const bind = (value: unknown) => `$${parameters.push(value)}`;
    const tenant = bind(caller.principal.tenantId);
    const senders = senderId ? `AND s.id = ${bind(senderId)}` : '';
    const statuses = bind(status ? [status] : ['open', 'closed']);
    // In the text, so that Postgres knows that a page is small whatever else it does not know yet.
    const most = limit + 1;
    const [at, id] = cursor ? decodePage(cursor, isPlace) : [];
    const before = cursor
      ? `AND (v.last_activity_at, v.id) < (${bind(at)}::timestamptz, ${bind(id)}::uuid)`
      : '';
    const views = viewsOf(caller, query.assigneeId, bind).map(
      ({ teams, which }) => `
        SELECT p.id, p.last_activity_at
          FROM sender s CROSS JOIN unnest(${statuses}::text[]) AS o(status)
               ${teams ? `CROSS JOIN (SELECT DISTINCT team_id FROM unnest(${teams}::uuid[]) AS t(team_id)) t` : ''}
         CROSS JOIN LATERAL (
           SELECT v.id, v.last_activity_at FROM conversation v
            WHERE v.sender_id = s.id AND v.status = o.status AND ${which} ${before}
            ORDER BY v.last_activity_at DESC, v.id DESC LIMIT ${most}) p
         WHERE s.tenant_id = ${tenant} ${senders}`,
    );
    if (views.length === 0) return [];
    return manager.query<ListedConversation[]>(
      `WITH page AS (${views.join(' UNION ')} ORDER BY last_activity_at DESC, id DESC LIMIT ${most})
       SELECT ${CONVERSATION_COLUMNS}, v.last_activity_at::text AS place
         FROM page JOIN conversation v ON v.id = page.id JOIN contact c ON c.id = v.contact_id
        ORDER BY v.last_activity_at DESC, v.id DESC`,
      parameters,
    );
  }

  /** Undefined where it does not exist, and where the caller may not see it: nobody can tell which. */
  async find(manager: EntityManager, caller: Caller, id: string): Promise<ConversationRecord | undefined> {
    const [record] = await manager.query<ConversationRecord[]>(
      `SELECT ${CONVERSATION_COLUMNS} FROM conversation v JOIN contact c ON c.id = v.contact_id
        WHERE v.id = $1 AND ${visible(2)}`,
      [id, ...visibleParameters(caller)],
    );
    return record;
  }
}

/** A part of a list that one index holds in the list's order: `which` as SQL over the conversation `v`. */
interface View {
  teams?: string;
  which: string;
}

/**
 * The rule of sight (`canSee` in the contracts), and the filter by assignee, as the lists that the inbox is merged
 * from. With OR in one condition, Postgres would read past everything of the tenant that is not to be shown.
 */
function viewsOf(
  { principal, scope }: Caller,
  assigneeId: ListQuery['assigneeId'],
  bind: (value: unknown) => string,
): View[] {
  const { agentId, teamIds } = principal;
  const mine = assigneeId === agentId;
  if (assigneeId === 'none') {
    return scope === 'all' ? [{ which: 'v.assignee_id IS NULL' }] : [poolOf(bind(teamIds))];
  }
  if (assigneeId) {
    if (scope === 'own' && !mine) return [];
    const which = `v.assignee_id = ${bind(assigneeId)}::uuid`;
    const inMyTeams = scope === 'team' && !mine;
    return [{ which: inMyTeams ? `${which} AND v.team_id = ANY(${bind(teamIds)}::uuid[])` : which }];
  }
  if (scope === 'all') return [{ which: 'true' }];
  const assigned = { which: `v.assignee_id = ${bind(agentId)}::uuid` };
  const teams = bind(teamIds);
  const handled = { teams, which: 'v.team_id = t.team_id AND v.assignee_id IS NOT NULL' };
  return [assigned, poolOf(teams), ...(scope === 'team' ? [handled] : [])];
}

/** What waits unassigned in these teams. */
const poolOf = (teams: string): View => ({ teams, which: 'v.team_id = t.team_id AND v.assignee_id IS NULL' });
