import type { agentList } from '@scrm/contracts';
import { filtered, SortedList, type PlaceIn } from '@scrm/database';
import type { EntityManager } from 'typeorm';
import type { z } from 'zod';
import { ROLE_OF } from '../role/role.entity';
import type { Agent } from './agent.entity';

type AgentQuery = z.output<typeof agentList.request>;
export type AgentFilter = Omit<AgentQuery, 'cursor' | 'sort'>;
export type AgentOrder = 'createdAt' | 'name' | 'email';

interface Person {
  id: string;
  name: string;
  email: string;
}

/** The orders of whatever lists agents as `a`. */
export const byPerson = <Row>(personOf: (row: Row) => Person) =>
  new SortedList<AgentOrder, Row>({
    id: 'a.id',
    idOf: (row) => personOf(row).id,
    orders: {
      createdAt: null,
      // As in the index: see the migration.
      name: { column: 'a.name COLLATE "und-x-icu"', value: (row) => personOf(row).name },
      email: { column: 'a.email', value: (row) => personOf(row).email },
    },
    byDefault: 'createdAt',
  });

export const AGENTS = byPerson<{ agent: Agent }>(({ agent }) => agent);

/** What people find each other by: a piece of the name or of the email. */
export const isLike = (q: string) =>
  `(strpos(lower(a.name), lower(${q})) > 0 OR strpos(a.email, lower(${q})) > 0)`;

/** One more than `limit`. */
export function findAgents(
  manager: EntityManager,
  place: PlaceIn<AgentOrder>,
  { limit, status, role, q, teamId, skill, minLevel = 1, language }: AgentFilter,
): Promise<Agent[]> {
  const values: unknown[] = [];
  const { where, orderBy } = AGENTS.sql(place, values);
  const filters = filtered(values, [
    [status, (p) => `a.status = ${p}`],
    [role, (p) => `${ROLE_OF} = ${p}`],
    [q, isLike],
    [teamId, (p) => `EXISTS (SELECT FROM team_member m WHERE m.team_id = ${p} AND m.agent_id = a.id)`],
    [
      skill,
      (p) =>
        `EXISTS (SELECT FROM agent_skill s WHERE s.agent_id = a.id AND s.skill = ${p} AND s.level >= ${minLevel})`,
    ],
    [language, (p) => `${p} = ANY(a.languages)`],
  ]);
  return manager.query<Agent[]>(
    `SELECT a.id, a.tenant_id AS "tenantId", a.name, a.email, a.role, a.role_id AS "roleId", a.status, a.languages, a.capacity,
            a.working_hours AS "workingHours", a.time_zone AS "timeZone"
       FROM agent a WHERE ${where}${filters} ORDER BY ${orderBy} LIMIT ${limit + 1}`,
    values,
  );
}
