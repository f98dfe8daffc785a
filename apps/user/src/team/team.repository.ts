import { Inject, Injectable } from '@nestjs/common';
import type { teamList, teamMemberList, TeamMemberView, TeamView } from '@scrm/contracts';
import { filtered, inTenant, SortedList, type PlaceIn } from '@scrm/database';
import type { DataSource, EntityManager } from 'typeorm';
import type { z } from 'zod';
import { byPerson, isLike, type AgentOrder } from '../agent/agent.list';
import { IDENTITY_DB } from '../db/data-source';
import { ROLE_OF } from '../role/role.entity';

type Filter<List extends { request: z.ZodType }> = Omit<z.output<List['request']>, 'cursor' | 'sort'>;
export type TeamOrder = 'createdAt' | 'name';

export const TEAMS = new SortedList<TeamOrder, TeamView>({
  id: 't.id',
  idOf: ({ id }) => id,
  orders: {
    createdAt: null,
    // As in the index: see the migration.
    name: { column: 't.name COLLATE "und-x-icu"', value: ({ name }) => name },
  },
  byDefault: 'createdAt',
});

export const MEMBERS = byPerson<TeamMemberView>((member) => member);

const TEAM = `SELECT t.id, t.name,
       (SELECT count(*)::int FROM team_member m WHERE m.team_id = t.id) AS members
  FROM team t`;
const MEMBER = `SELECT a.id, a.name, a.email, ${ROLE_OF} AS role, a.status, m.leader
  FROM team_member m JOIN agent a ON a.id = m.agent_id`;

@Injectable()
export class TeamRepository {
  constructor(@Inject(IDENTITY_DB) private readonly db: DataSource) {}

  /** All of `work` in one transaction that sees only this tenant. */
  inTenant<T>(tenantId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTenant(this.db, tenantId, work);
  }

  /** One more than `limit`. */
  page(
    tenantId: string,
    place: PlaceIn<TeamOrder>,
    { limit, q }: Filter<typeof teamList>,
  ): Promise<TeamView[]> {
    const values: unknown[] = [];
    const { where, orderBy } = TEAMS.sql(place, values);
    const filters = filtered(values, [[q, (p) => `starts_with(lower(t.name), lower(${p}))`]]);
    return this.inTenant(tenantId, (manager) =>
      manager.query<TeamView[]>(
        `${TEAM} WHERE ${where}${filters} ORDER BY ${orderBy} LIMIT ${limit + 1}`,
        values,
      ),
    );
  }

  /** One more than `limit`. Null where the tenant has no such team. */
  members(
    tenantId: string,
    place: PlaceIn<AgentOrder>,
    { teamId, limit, q, role, status, leader }: Filter<typeof teamMemberList>,
  ): Promise<TeamMemberView[] | null> {
    const values: unknown[] = [teamId];
    const { where, orderBy } = MEMBERS.sql(place, values);
    const filters = filtered(values, [
      [q, isLike],
      [role, (p) => `${ROLE_OF} = ${p}`],
      [status, (p) => `a.status = ${p}`],
      [leader, (p) => `m.leader = ${p}`],
    ]);
    return this.inTenant(tenantId, async (manager) => {
      if (!(await findTeam(manager, teamId))) return null;
      return manager.query<TeamMemberView[]>(
        `${MEMBER} WHERE m.team_id = $1 AND ${where}${filters} ORDER BY ${orderBy} LIMIT ${limit + 1}`,
        values,
      );
    });
  }
}

export async function findTeam(manager: EntityManager, id: string): Promise<TeamView | undefined> {
  const [team] = await manager.query<TeamView[]>(`${TEAM} WHERE t.id = $1`, [id]);
  return team;
}

/** Until the end of the transaction nobody else changes the team, deletes it, or comes into it or leaves it. */
export async function lockTeam(manager: EntityManager, id: string): Promise<boolean> {
  const found = await manager.query<unknown[]>('SELECT 1 FROM team WHERE id = $1 FOR UPDATE', [id]);
  return found.length > 0;
}

export async function findMember(
  manager: EntityManager,
  teamId: string,
  agentId: string,
): Promise<TeamMemberView | undefined> {
  const [member] = await manager.query<TeamMemberView[]>(
    `${MEMBER} WHERE m.team_id = $1 AND m.agent_id = $2`,
    [teamId, agentId],
  );
  return member;
}

export async function memberIds(manager: EntityManager, teamId: string): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    'SELECT agent_id AS id FROM team_member WHERE team_id = $1',
    [teamId],
  );
  return rows.map(({ id }) => id);
}
