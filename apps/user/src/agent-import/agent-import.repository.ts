import { Inject, Injectable } from '@nestjs/common';
import { DEFAULT_CAPACITY } from '@scrm/contracts';
import { inTenant } from '@scrm/database';
import type { DataSource, EntityManager } from 'typeorm';
import { IDENTITY_DB } from '../db/data-source';
import { columnsOf } from '../role/role.repository';
import type { ImportedAgent } from './imported-agent';

/** Somebody to be made an agent, with the link by which they come. */
export interface Newcomer extends ImportedAgent {
  id: string;
  teamIds: string[];
  hash: Buffer;
  expiresAt: Date;
}

@Injectable()
export class AgentImportRepository {
  constructor(@Inject(IDENTITY_DB) private readonly db: DataSource) {}

  /** All of `work` in one transaction that sees only this tenant; where it is a rehearsal, none of it stays. */
  async inTenant<T>(
    tenantId: string,
    { rehearsal }: { rehearsal: boolean },
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    let result!: T;
    await inTenant(this.db, tenantId, async (manager) => {
      result = await work(manager);
      if (rehearsal) throw new Rehearsed();
    }).catch((error: unknown) => {
      if (!(error instanceof Rehearsed)) throw error;
    });
    return result;
  }
}

/** Rolls back what was tried. */
class Rehearsed extends Error {}

/** Ids by name. Until the end of the transaction nobody deletes them. */
export async function lockTeamsByName(manager: EntityManager, names: string[]): Promise<Map<string, string>> {
  const teams = await manager.query<{ id: string; name: string }[]>(
    'SELECT id, name FROM team WHERE name = ANY($1) ORDER BY id FOR SHARE',
    [names],
  );
  return new Map(teams.map(({ id, name }) => [name, id]));
}

/** Ids of the tenant's agents by email. */
export async function findByEmail(manager: EntityManager, emails: string[]): Promise<Map<string, string>> {
  const agents = await manager.query<{ id: string; email: string }[]>(
    'SELECT id, email FROM agent WHERE email = ANY($1)',
    [emails],
  );
  return new Map(agents.map(({ id, email }) => [email, id]));
}

/**
 * Makes agents of those whose email nobody has, here or elsewhere. In the order of their emails: two imports of the same
 * people wait for each other, and never in a circle.
 *
 * @returns the ids of those who were made
 */
export async function insertNewcomers(
  manager: EntityManager,
  tenantId: string,
  newcomers: Newcomer[],
): Promise<Set<string>> {
  const rows = newcomers.map(({ hash: _, ...agent }) => ({ ...agent, ...columnsOf(agent.role) }));
  const made = await manager.query<{ id: string }[]>(
    `INSERT INTO agent (id, tenant_id, name, email, role, role_id, status, password_set_at, languages, capacity,
                        time_zone)
     SELECT n.id, $1, n.name, n.email, n.role, n."roleId", 'invited', NULL, n.languages, coalesce(n.capacity, $3),
            n."timeZone"
       FROM jsonb_to_recordset($2::jsonb)
         AS n(id uuid, name text, email text, role text, "roleId" uuid, languages text[], capacity int,
              "timeZone" text)
      ORDER BY n.email
     ON CONFLICT (email) DO NOTHING
     RETURNING id`,
    [tenantId, JSON.stringify(rows), DEFAULT_CAPACITY],
  );
  const ids = new Set(made.map(({ id }) => id));
  await insertWhatIsTheirs(
    manager,
    tenantId,
    newcomers.filter(({ id }) => ids.has(id)),
  );
  return ids;
}

async function insertWhatIsTheirs(manager: EntityManager, tenantId: string, agents: Newcomer[]) {
  const skills = agents.flatMap((agent) =>
    agent.skills.map(({ name, level }) => ({ id: agent.id, name, level })),
  );
  await manager.query(
    `INSERT INTO agent_skill (agent_id, tenant_id, skill, level)
     SELECT s.id, $1, s.name, s.level FROM jsonb_to_recordset($2::jsonb) AS s(id uuid, name text, level int)`,
    [tenantId, JSON.stringify(skills)],
  );
  const memberships = agents.flatMap(({ id, teamIds }) => teamIds.map((teamId) => ({ id, teamId })));
  await manager.query(
    `INSERT INTO team_member (agent_id, tenant_id, team_id)
     SELECT m.id, $1, m."teamId" FROM jsonb_to_recordset($2::jsonb) AS m(id uuid, "teamId" uuid)`,
    [tenantId, JSON.stringify(memberships)],
  );
  await manager.query(
    `INSERT INTO invitation (hash, tenant_id, agent_id, expires_at)
     SELECT i.hash, $1, i.id, i.expires FROM unnest($2::bytea[], $3::uuid[], $4::timestamptz[]) AS i(hash, id, expires)`,
    [tenantId, agents.map(({ hash }) => hash), agents.map(({ id }) => id), agents.map((a) => a.expiresAt)],
  );
}
