import { Inject, Injectable } from '@nestjs/common';
import type { TeamMemberView, TeamView } from '@scrm/contracts';
import { inTenant } from '@scrm/database';
import type { DataSource, EntityManager } from 'typeorm';
import { IDENTITY_DB } from '../db/data-source';
import { ROLE_OF } from '../role/role.entity';

interface Page {
  after: string | null;
  limit: number;
}

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

  /** In the order of their ids, which is that of their creation; one more than `limit`. */
  page(tenantId: string, { after, limit, q }: Page & { q?: string }): Promise<TeamView[]> {
    return this.inTenant(tenantId, (manager) =>
      manager.query<TeamView[]>(
        `${TEAM}
          WHERE ($1::uuid IS NULL OR t.id > $1)
            AND ($2::text IS NULL OR starts_with(lower(t.name), lower($2)))
          ORDER BY t.id LIMIT $3`,
        [after, q ?? null, limit + 1],
      ),
    );
  }

  /** As agents are listed; one more than `limit`. Null where the tenant has no such team. */
  members(tenantId: string, teamId: string, { after, limit }: Page): Promise<TeamMemberView[] | null> {
    return this.inTenant(tenantId, async (manager) => {
      if (!(await findTeam(manager, teamId))) return null;
      return manager.query<TeamMemberView[]>(
        `${MEMBER} WHERE m.team_id = $1 AND ($2::uuid IS NULL OR a.id > $2) ORDER BY a.id LIMIT $3`,
        [teamId, after, limit + 1],
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
