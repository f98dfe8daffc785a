import { Injectable } from '@nestjs/common';
import {
  grantsOf,
  isWithin,
  ROLE_GRANTS,
  scopeOf,
  type agentImport,
  type ImportedLine,
  type Principal,
  type RpcRequest,
} from '@scrm/contracts';
import { actorOf, recordAudit } from '@scrm/database';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { InvitationService, type NewInvitation } from '../invitation/invitation.service';
import { TOO_MUCH } from '../role/rights';
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
      else if (!isWithin(ROLE_GRANTS[read.role], grantsOf(principal)))
        outcomes.push(failed(line, read.email, { column: 'role', reason: TOO_MUCH }));
      else if (read.teams.length > 0 && !scopeOf(principal, 'team.manage'))
        outcomes.push(failed(line, read.email, { column: 'teams', reason: NO_TEAMS }));
      else good.push({ line, agent: read, id: uuidv7(), invitation: this.invitations.newInvitation() });
    }
    const tried = await this.repository.inTenant(tenantId, { rehearsal: dryRun }, async (manager) => {
      const made = await makeAgents(manager, tenantId, good, dryRun);
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

const NO_TEAMS = 'Who may not change teams puts nobody into one: leave it empty.';

async function makeAgents(
  manager: EntityManager,
  tenantId: string,
  lines: GoodLine[],
  dryRun: boolean,
): Promise<ImportedLine[]> {
  const teams = await lockTeamsByName(manager, [...new Set(lines.flatMap(({ agent }) => agent.teams))]);
  const unknownTeam = ({ agent }: GoodLine) => agent.teams.find((name) => !teams.has(name));
  const newcomers = lines
    .filter((line) => unknownTeam(line) === undefined)
    .map(({ id, agent, invitation: { hash, expiresAt } }): Newcomer => {
      const teamIds = agent.teams.map((name) => teams.get(name)!);
      return { ...agent, id, teamIds, hash, expiresAt };
    });
  const made = await insertNewcomers(manager, tenantId, newcomers);
  const known = await findByEmail(
    manager,
    newcomers.map(({ email }) => email),
  );
  return lines.map((line): ImportedLine => {
    const { agent, id, invitation } = line;
    const team = unknownTeam(line);
    if (team !== undefined)
      return failed(line.line, agent.email, { column: 'teams', reason: `there is no team "${team}"` });
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
