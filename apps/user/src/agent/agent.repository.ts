import { Inject, Injectable } from '@nestjs/common';
import type { Presence } from '@scrm/contracts';
import { inTenant, type PlaceIn } from '@scrm/database';
import { In, type DataSource, type EntityManager } from 'typeorm';
import { IDENTITY_DB } from '../db/data-source';
import { presencesOf } from '../presence/presence.repository';
import { TeamMember } from '../team/team-member.entity';
import { Agent } from './agent.entity';
import { findAgents, type AgentFilter, type AgentOrder } from './agent.list';
import type { AgentSkill } from './agent-skill.entity';
import { skillsOf } from './profile.repository';

/** An agent with their teams and skills. */
export interface Colleague {
  agent: Agent;
  memberships: TeamMember[];
  presence: Presence;
  skills: AgentSkill[];
}

@Injectable()
export class AgentRepository {
  constructor(@Inject(IDENTITY_DB) private readonly db: DataSource) {}

  /** All of `work` in one transaction that sees only this tenant. */
  inTenant<T>(tenantId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTenant(this.db, tenantId, work);
  }

  /** An agent with their tenant, teams and skills; null where they are gone or deactivated. */
  findActive(tenantId: string, id: string): Promise<Colleague | null> {
    return this.inTenant(tenantId, async (manager) => {
      const agent = await manager.findOne(Agent, {
        where: { tenantId, id, status: 'active' },
        relations: { tenant: true },
      });
      return agent && (await asColleagues(manager, [agent]))[0]!;
    });
  }

  page(tenantId: string, place: PlaceIn<AgentOrder>, filter: AgentFilter): Promise<Colleague[]> {
    return this.inTenant(tenantId, async (manager) =>
      asColleagues(manager, await findAgents(manager, place, filter)),
    );
  }
}

export async function asColleagues(manager: EntityManager, agents: Agent[]): Promise<Colleague[]> {
  const ids = agents.map(({ id }) => id);
  const memberships = await manager.find(TeamMember, {
    where: { agentId: In(ids) },
    relations: { team: true },
    order: { team: { name: 'ASC' } },
  });
  const presences = await presencesOf(manager, ids);
  const skills = await skillsOf(manager, ids);
  return agents.map((agent) => ({
    agent,
    presence: presences.get(agent.id) ?? 'offline',
    memberships: memberships.filter(({ agentId }) => agentId === agent.id),
    skills: skills.filter(({ agentId }) => agentId === agent.id),
  }));
}

/** Locked until the end of the transaction; null where the tenant has no such agent. */
export async function lockAgent(manager: EntityManager, id: string): Promise<Agent | null> {
  const found = await manager.query<unknown[]>('SELECT 1 FROM agent WHERE id = $1 FOR UPDATE', [id]);
  return found.length > 0 ? manager.findOneByOrFail(Agent, { id }) : null;
}

/** The active admins of the tenant, locked: whoever else wants to change one of them waits. */
export async function lockAdmins(manager: EntityManager): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    `SELECT id FROM agent WHERE role = 'admin' AND status = 'active' ORDER BY id FOR UPDATE`,
  );
  return rows.map(({ id }) => id);
}

/** Locked in the order of their ids. */
export async function lockAgents(manager: EntityManager, ids: string[]): Promise<void> {
  await manager.query('SELECT 1 FROM agent WHERE id = ANY($1) ORDER BY id FOR UPDATE', [ids]);
}
