import { Injectable } from '@nestjs/common';
import type {
  agentList,
  AgentStatus,
  agentUpdate,
  AgentView,
  ColleagueView,
  Principal,
  profileUpdate,
  Revocation,
  Role,
} from '@scrm/contracts';
import { AppError } from '@scrm/platform';
import type { z } from 'zod';
import { endAgentTokens } from '../access/access.repository';
import { AccessService } from '../access/access.service';
import type { Agent } from './agent.entity';
import { AGENTS } from './agent.list';
import {
  AgentRepository,
  asColleagues,
  endSessions,
  lockAdmins,
  lockAgent,
  type Colleague,
} from './agent.repository';
import { changeProfile } from './profile.repository';

type Change = z.output<typeof agentUpdate.request>;

@Injectable()
export class AgentService {
  constructor(
    private readonly agents: AgentRepository,
    private readonly access: AccessService,
  ) {}

  async me({ tenantId, agentId }: Principal): Promise<AgentView> {
    const found = await this.agents.findActive(tenantId, agentId);
    if (!found) throw gone();
    return { ...person(found), tenant: { id: tenantId, name: found.agent.tenant!.name } };
  }

  async list(
    { tenantId }: Principal,
    { cursor, sort, ...filter }: z.output<typeof agentList.request>,
  ): Promise<{ items: ColleagueView[]; nextCursor: string | null }> {
    const place = AGENTS.place(sort, cursor);
    const found = await this.agents.page(tenantId, place, filter);
    return AGENTS.page(found, filter.limit, place, toView);
  }

  /** What agents change of their own. */
  async updateOwn(
    principal: Principal,
    { name, ...profile }: z.output<typeof profileUpdate.request>,
  ): Promise<AgentView> {
    await this.agents.inTenant(principal.tenantId, async (manager) => {
      const agent = await lockAgent(manager, principal.agentId);
      if (agent?.status !== 'active') throw gone();
      if (name) await manager.query('UPDATE agent SET name = $2 WHERE id = $1', [agent.id, name]);
      await changeProfile(manager, agent, profile);
    });
    return this.me(principal);
  }

  async update(principal: Principal, change: Change): Promise<ColleagueView> {
    const { tenantId } = principal;
    const { view, ended } = await this.agents.inTenant(tenantId, async (manager) => {
      // In one order, so that two changes never wait for each other in a circle: the admins, then whom it is about.
      const admins = change.role || change.status ? await lockAdmins(manager) : [];
      const agent = await lockAgent(manager, change.agentId);
      if (!agent) throw new AppError('not_found', 'There is no such agent.');
      const { name = agent.name, role = agent.role } = change;
      const status = statusOf(agent, change);
      const rights = checked(principal, agent, { role, status }, admins);
      await manager.query('UPDATE agent SET name = $2, role = $3, status = $4 WHERE id = $1', [
        agent.id,
        name,
        role,
        status,
      ]);
      const over: Revocation[] = rights ? [await endAgentTokens(manager, agent.id)] : [];
      if (status === 'deactivated') await endSessions(manager, agent.id);
      await changeProfile(manager, agent, change);
      const [colleague] = await asColleagues(manager, [(await lockAgent(manager, agent.id))!]);
      return { view: toView(colleague!), ended: over };
    });
    await this.access.announce(ended);
    return view;
  }
}

/** Whoever has never chosen a password is not active yet: they are invited again. */
function statusOf(agent: Agent, { status = agent.status }: { status?: AgentStatus }): AgentStatus {
  return status === 'active' && !agent.passwordSetAt ? 'invited' : status;
}

/** @returns whether what the agent may do changes @throws AppError forbidden, conflict */
function checked(
  principal: Principal,
  agent: Agent,
  next: { role: Role; status: AgentStatus },
  admins: string[],
): boolean {
  if (next.role === agent.role && next.status === agent.status) return false;
  if (agent.id === principal.agentId)
    throw new AppError('forbidden', 'Nobody changes their own role or status: ask another admin.');
  const stays = next.role === 'admin' && next.status === 'active';
  if (!stays && admins.includes(agent.id) && admins.length === 1)
    throw new AppError('conflict', 'This is the last active admin: make somebody else one first.');
  return true;
}

const gone = () => new AppError('unauthenticated', 'This account can no longer sign in.');

const person = ({ agent, memberships, skills }: Colleague) => ({
  id: agent.id,
  name: agent.name,
  email: agent.email,
  role: agent.role,
  teams: memberships.map(({ team, leader }) => ({ id: team!.id, name: team!.name, leader })),
  skills: skills.map(({ skill, level }) => ({ name: skill, level })),
  languages: agent.languages,
  capacity: agent.capacity,
  workingHours: agent.workingHours,
  timeZone: agent.timeZone,
});

const toView = (found: Colleague): ColleagueView => ({ ...person(found), status: found.agent.status });
