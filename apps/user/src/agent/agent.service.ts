import { Injectable } from '@nestjs/common';
import type {
  AgentStatus,
  agentUpdate,
  AgentView,
  ColleagueView,
  Principal,
  Revocation,
  Role,
  RpcRequest,
} from '@scrm/contracts';
import { actorOf, difference, recordAudit } from '@scrm/database';
import { AppError, decodePage, isId, toPage } from '@scrm/platform';
import { endAgentTokens } from '../access/access.repository';
import { AccessService } from '../access/access.service';
import { ABOVE, mayGive, mustHold } from '../role/rights';
import { roleOf } from '../role/role.entity';
import { columnsOf, readGrants } from '../role/role.repository';
import { HandOverService, needsHandOver } from '../hand-over/hand-over.service';
import type { Agent } from './agent.entity';
import {
  AgentRepository,
  endSessions,
  lockAdmins,
  lockAgent,
  withTeams,
  type Colleague,
} from './agent.repository';

type Change = RpcRequest<typeof agentUpdate>;

@Injectable()
export class AgentService {
  constructor(
    private readonly agents: AgentRepository,
    private readonly access: AccessService,
    private readonly handOvers: HandOverService,
  ) {}

  async me({ tenantId, agentId }: Principal): Promise<AgentView> {
    const found = await this.agents.findActive(tenantId, agentId);
    if (!found) throw new AppError('unauthenticated', 'This account can no longer sign in.');
    return { ...person(found), tenant: { id: tenantId, name: found.agent.tenant!.name } };
  }

  async list(
    { tenantId }: Principal,
    { cursor, limit, status, role }: { cursor?: string; limit: number; status?: AgentStatus; role?: Role },
  ): Promise<{ items: ColleagueView[]; nextCursor: string | null }> {
    const after = cursor ? decodePage(cursor, isId)[0] : null;
    const found = await this.agents.page(tenantId, { after, limit, status, role });
    return toPage(found, limit, toView, ({ agent }) => [agent.id]);
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
      const next = { ...agent, ...columnsOf(role), name, status };
      await manager.query('UPDATE agent SET name = $2, role = $3, role_id = $4, status = $5 WHERE id = $1', [
        ...[agent.id, next.name, next.role, next.roleId, next.status],
      ]);
      const over: Revocation[] = rights ? [await endAgentTokens(manager, agent.id)] : [];
      if (status === 'deactivated') await endSessions(manager, agent.id);
      const [colleague] = await withTeams(manager, [next]);
      const begun = out ? await this.handOvers.begin(manager, agent, change.handOver) : null;
      const told = difference(auditedOf(agent), {
        ...auditedOf(next),
        ...(begun && { handOver: change.handOver }),
      });
      const target = { kind: 'agent', id: agent.id };
      if (told)
        await recordAudit(manager, { by: actorOf(principal), action: 'agent.updated', target, ...told });
      return { view: toView(colleague!), ended: over, handOver: begun };
    });
    await this.access.announce(ended);
    if (handOver) await this.handOvers.announce(handOver);
    return view;
  }
}

/** What the audit trail says of an agent. */
const auditedOf = (agent: Agent) => ({ name: agent.name, role: roleOf(agent), status: agent.status });

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

const person = ({ agent, memberships }: Colleague) => ({
  id: agent.id,
  name: agent.name,
  email: agent.email,
  role: roleOf(agent),
  teams: memberships.map(({ team, leader }) => ({ id: team!.id, name: team!.name, leader })),
});

const toView = (found: Colleague): ColleagueView => ({
  ...person(found),
  status: found.agent.status,
  presence: found.presence,
});
