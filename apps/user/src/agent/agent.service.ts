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
import { actorOf, difference, recordAudit } from '@scrm/database';
import { AppError } from '@scrm/platform';
import type { EntityManager } from 'typeorm';
import type { z } from 'zod';
import { endAgentTokens, endSessionsOf } from '../access/access.repository';
import { AccessService } from '../access/access.service';
import { ABOVE, mayGive, mustHold } from '../role/rights';
import { roleOf } from '../role/role.entity';
import { columnsOf, readGrants } from '../role/role.repository';
import { HandOverService, needsHandOver } from '../hand-over/hand-over.service';
import type { Agent } from './agent.entity';
import { AGENTS } from './agent.list';
import { AgentRepository, asColleagues, lockAdmins, lockAgent, type Colleague } from './agent.repository';
import { changeProfile, skillsOf } from './profile.repository';

type Change = z.output<typeof agentUpdate.request>;

@Injectable()
export class AgentService {
  constructor(
    private readonly agents: AgentRepository,
    private readonly access: AccessService,
    private readonly handOvers: HandOverService,
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
      const before = await auditedOf(manager, agent);
      if (name) await manager.query('UPDATE agent SET name = $2 WHERE id = $1', [agent.id, name]);
      await changeProfile(manager, agent, profile);
      const after = await auditedOf(manager, (await lockAgent(manager, agent.id))!);
      await recordChange(manager, principal, agent.id, { before, after });
    });
    return this.me(principal);
  }

  async update(principal: Principal, change: Change): Promise<ColleagueView> {
    const { tenantId } = principal;
    const outlook = await this.handOvers.lookAhead(tenantId, change);
    const { view, ended, handOver } = await this.agents.inTenant(tenantId, async (manager) => {
      // In one order, so that two changes never wait for each other in a circle: role, team, the admins, then agents.
      if (change.role) await mayGive(manager, principal, change.role);
      await this.handOvers.lockTeamOf(manager, change.handOver);
      const admins = change.role || change.status ? await lockAdmins(manager) : [];
      await this.handOvers.lockTakerOf(manager, change.agentId, change.handOver);
      const agent = await lockAgent(manager, change.agentId);
      if (!agent) throw new AppError('not_found', 'There is no such agent.');
      mustHold(principal, await readGrants(manager, agent), ABOVE);
      const { name = agent.name, role = roleOf(agent) } = change;
      const status = statusOf(agent, change);
      const out = status === 'deactivated' && (agent.status !== 'deactivated' || !!change.handOver);
      const rights = checked(principal, agent, { role, status }, admins) || out;
      if (out && outlook.open > 0) needsHandOver(outlook.open);
      if (agent.status === 'deactivated' && status !== 'deactivated')
        await this.handOvers.checkReturn(manager, agent.id, outlook);
      const before = await auditedOf(manager, agent);
      const columns = columnsOf(role);
      await manager.query('UPDATE agent SET name = $2, role = $3, role_id = $4, status = $5 WHERE id = $1', [
        ...[agent.id, name, columns.role, columns.roleId, status],
      ]);
      const over: Revocation[] = rights ? [await endAgentTokens(manager, agent.id)] : [];
      if (status === 'deactivated') await endSessionsOf(manager, tenantId, [agent.id]);
      await changeProfile(manager, agent, change);
      const changed = (await lockAgent(manager, agent.id))!;
      const [colleague] = await asColleagues(manager, [changed]);
      const begun = out ? await this.handOvers.begin(manager, agent, change.handOver) : null;
      const after = { ...(await auditedOf(manager, changed)), ...(begun && { handOver: change.handOver }) };
      await recordChange(manager, principal, agent.id, { before, after });
      return { view: toView(colleague!), ended: over, handOver: begun };
    });
    await this.access.announce(ended);
    if (handOver) await this.handOvers.announce(handOver);
    return view;
  }
}

/** What the audit trail says of an agent. */
async function auditedOf(manager: EntityManager, agent: Agent) {
  const { name, status, languages, capacity, workingHours, timeZone } = agent;
  const skills = (await skillsOf(manager, [agent.id])).map(({ skill, level }) => ({ name: skill, level }));
  return { name, role: roleOf(agent), status, skills, languages, capacity, workingHours, timeZone };
}

async function recordChange(
  manager: EntityManager,
  by: Principal,
  id: string,
  { before, after }: { before: object; after: object },
): Promise<void> {
  const told = difference(before, after);
  if (!told) return;
  const target = { kind: 'agent', id };
  await recordAudit(manager, { by: actorOf(by), action: 'agent.updated', target, ...told });
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
  if (next.role === roleOf(agent) && next.status === agent.status) return false;
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
  role: roleOf(agent),
  teams: memberships.map(({ team, leader }) => ({ id: team!.id, name: team!.name, leader })),
  skills: skills.map(({ skill, level }) => ({ name: skill, level })),
  languages: agent.languages,
  capacity: agent.capacity,
  workingHours: agent.workingHours,
  timeZone: agent.timeZone,
});

const toView = (found: Colleague): ColleagueView => ({
  ...person(found),
  status: found.agent.status,
  presence: found.presence,
});
