import { Injectable } from '@nestjs/common';
import {
  grantsOf,
  isWithin,
  scopeOf,
  type agentImport,
  type ImportedLine,
  type Principal,
  type Role,
  type RpcRequest,
} from '@scrm/contracts';
import { actorOf, recordAudit } from '@scrm/database';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { InvitationService, type NewInvitation } from '../invitation/invitation.service';
import { TOO_MUCH } from '../role/rights';
import { keepGrants } from '../role/role.repository';
import {
  AgentImportRepository,
  findByEmail,
  insertNewcomers,
  lockTeamsByName,
  type Newcomer,
} from './agent-import.repository';
import { isBad, readLine, type BadCell, type ImportedAgent } from './imported-agent';

type Request = RpcRequest<typeof agentImport>;

/** A line that says an agent; the invitation is theirs, should they be new. */
interface GoodLine {
  line: number;
  agent: ImportedAgent;
  id: string;
  invitation: NewInvitation;
}

@Injectable()
export class AgentImportService {
  constructor(
    private readonly repository: AgentImportRepository,
    private readonly invitations: InvitationService,
  ) {}

  /** Each line for itself: good ones are made agents, all in one transaction. */
  async import(principal: Principal, { lines, dryRun }: Request): Promise<{ lines: ImportedLine[] }> {
    const { tenantId } = principal;
    if (lines.length === 0) return { lines: [] };
    const good: GoodLine[] = [];
    const outcomes: ImportedLine[] = [];
    for (const { line, cells } of lines) {
      const read = readLine(cells);
      if (isBad(read)) outcomes.push(failed(line, cells.email ?? '', read));
      else if (read.teams.length > 0 && !scopeOf(principal, 'team.manage'))
        outcomes.push(failed(line, read.email, { column: 'teams', reason: NO_TEAMS }));
      else good.push({ line, agent: read, id: uuidv7(), invitation: this.invitations.newInvitation() });
    }
    const tried = await this.repository.inTenant(tenantId, { rehearsal: dryRun }, async (manager) => {
      const made = await makeAgents(manager, principal, good, dryRun);
      const agentIds = made.flatMap(({ outcome, agentId }) =>
        outcome === 'created' && agentId ? [agentId] : [],
      );
      const target = { kind: 'tenant', id: tenantId };
      const after = { agentIds };
      if (agentIds.length > 0)
        await recordAudit(manager, { by: actorOf(principal), action: 'agent.imported', target, after });
      return made;
    });
    return { lines: [...outcomes, ...tried].sort((a, b) => a.line - b.line) };
  }
}

/** The roles that the caller cannot give, and why. All of them stay as they are: before teams, as everywhere. */
async function refusedRoles(
  manager: EntityManager,
  principal: Principal,
  lines: GoodLine[],
): Promise<Map<Role, string>> {
  const refused = new Map<Role, string>();
  for (const role of [...new Set(lines.map(({ agent }) => agent.role))].sort()) {
    const grants = await keepGrants(manager, role);
    if (!grants) refused.set(role, 'there is no such role');
    else if (!isWithin(grants, grantsOf(principal))) refused.set(role, TOO_MUCH);
  }
  return refused;
}

const NO_TEAMS = 'Who may not change teams puts nobody into one: leave it empty.';

async function makeAgents(
  manager: EntityManager,
  principal: Principal,
  lines: GoodLine[],
  dryRun: boolean,
): Promise<ImportedLine[]> {
  const roles = await refusedRoles(manager, principal, lines);
  const teams = await lockTeamsByName(manager, [...new Set(lines.flatMap(({ agent }) => agent.teams))]);
  const badCell = ({ agent }: GoodLine): BadCell | undefined => {
    const reason = roles.get(agent.role);
    if (reason) return { column: 'role', reason };
    const team = agent.teams.find((name) => !teams.has(name));
    return team === undefined ? undefined : { column: 'teams', reason: `there is no team "${team}"` };
  };
  const newcomers = lines
    .filter((line) => !badCell(line))
    .map(({ id, agent, invitation: { hash, expiresAt } }): Newcomer => {
      const teamIds = agent.teams.map((name) => teams.get(name)!);
      return { ...agent, id, teamIds, hash, expiresAt };
    });
  const made = await insertNewcomers(manager, principal.tenantId, newcomers);
  const known = await findByEmail(
    manager,
    newcomers.map(({ email }) => email),
  );
  return lines.map((line): ImportedLine => {
    const { agent, id, invitation } = line;
    const bad = badCell(line);
    if (bad) return failed(line.line, agent.email, bad);
    const agentId = known.get(agent.email);
    if (!agentId)
      return failed(line.line, agent.email, {
        column: 'email',
        reason: 'somebody elsewhere has this email: an email belongs to one agent',
      });
    const said = { line: line.line, email: agent.email, column: null, reason: null };
    if (!made.has(id)) return { ...said, outcome: 'exists', agentId, invitation: null };
    if (dryRun) return { ...said, outcome: 'created', agentId: null, invitation: null };
    const { token, expiresAt } = invitation;
    return {
      ...said,
      outcome: 'created',
      agentId,
      invitation: { token, expiresAt: expiresAt.toISOString() },
    };
  });
}

const failed = (line: number, email: string, bad: BadCell): ImportedLine => ({
  ...{ line, outcome: 'failed', email, agentId: null, invitation: null },
  ...bad,
});
