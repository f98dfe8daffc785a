import { Injectable } from '@nestjs/common';
import {
  handOverGet,
  type agentUpdate,
  type AgentHandOverView,
  type HandOverTarget,
  type Principal,
  type RpcRequest,
} from '@scrm/contracts';
import { neededAnswer, RpcClient } from '@scrm/messaging';
import { AppError } from '@scrm/platform';
import type { EntityManager } from 'typeorm';
import { Agent } from '../agent/agent.entity';
import { lockAgents } from '../agent/agent.repository';
import { lockTeam } from '../team/team.repository';
import { HandOver } from './hand-over.entity';
import { HandOverRelay } from './hand-over.relay';
import { HandOverRepository, keepHandOver } from './hand-over.repository';

type Change = RpcRequest<typeof agentUpdate>;

/** What was known before the transaction: questions to others have no place in it. */
export interface Outlook {
  /** Open conversations of one who is to go; 0 where it was said who takes over. */
  open: number;
  /** Of the hand-over that is through; null where there is none. */
  done: number | null;
}

/** What becomes of the conversations of those who are let go. `waba` has them, and does it. */
@Injectable()
export class HandOverService {
  constructor(
    private readonly handOvers: HandOverRepository,
    private readonly relay: HandOverRelay,
    private readonly rpc: RpcClient,
  ) {}

  async get({ tenantId }: Principal, agentId: string): Promise<AgentHandOverView> {
    const handOver = await this.handOvers.find(tenantId, agentId);
    if (!handOver) throw new AppError('not_found', 'This agent has handed nothing over.');
    const { assigned, doneAt } = await this.stateOf(handOver);
    const { createdAt } = handOver;
    return {
      handOver: targetOf(handOver),
      startedAt: createdAt.toISOString(),
      remaining: doneAt ? 0 : assigned,
      doneAt,
    };
  }

  /** @throws AppError invalid_request; unavailable where `waba` has to be asked and does not answer */
  async lookAhead(tenantId: string, { agentId, status, handOver }: Change): Promise<Outlook> {
    if (handOver && status !== 'deactivated')
      throw wrongTarget('A hand-over goes with the status "deactivated".', 'handOver');
    if (status === 'deactivated' && !handOver)
      return { open: (await this.ask(tenantId, agentId)).open, done: null };
    if (status !== 'active') return { open: 0, done: null };
    const last = await this.handOvers.find(tenantId, agentId);
    const through = last && (await this.stateOf(last)).doneAt;
    return { open: 0, done: through ? last.version : null };
  }

  /** Until the end of the transaction nobody deletes the team; first of all, as the team's own changes do it. */
  async lockTeamOf(manager: EntityManager, target: HandOverTarget | undefined): Promise<void> {
    if (target?.to !== 'team' || (await lockTeam(manager, target.teamId))) return;
    throw new AppError('not_found', 'There is no such team to hand over to.', [
      { path: 'handOver.teamId', message: 'no team of this business' },
    ]);
  }

  /** Nor does who takes over go themselves. In the order of the ids, as agents are always locked. */
  async lockTakerOf(
    manager: EntityManager,
    agentId: string,
    target: HandOverTarget | undefined,
  ): Promise<void> {
    if (target?.to === 'agent') await lockAgents(manager, [agentId, target.agentId]);
  }

  /**
   * The agent is out, with the version that they have now. Also where they seem to have nothing: somebody may be handing
   * it to them in this moment. It goes to the pool then.
   */
  async begin(
    manager: EntityManager,
    { id: agentId }: Agent,
    target: HandOverTarget = { to: 'pool' },
  ): Promise<HandOver> {
    const taker = target.to === 'agent' ? await takerOf(manager, agentId, target.agentId) : null;
    return keepHandOver(manager, {
      agentId,
      toAgentId: taker?.id ?? null,
      toAgentVersion: taker?.accessVersion ?? null,
      toTeamId: target.to === 'team' ? target.teamId : null,
    });
  }

  /** One who comes back keeps what they are given then: so all from before has to be gone. @throws AppError conflict */
  async checkReturn(manager: EntityManager, agentId: string, { done }: Outlook): Promise<void> {
    const last = await manager.findOneBy(HandOver, { agentId });
    if (last && last.version !== done)
      throw new AppError(
        'conflict',
        'Their conversations are still being handed over: try again when that is done.',
        undefined,
        5,
      );
  }

  /** After the commit. */
  announce(handOver: HandOver): Promise<void> {
    return this.relay.tell(handOver);
  }

  private ask(tenantId: string, agentId: string) {
    const otherwise =
      'How many conversations they have is not known at the moment: try again, or say who takes over.';
    return neededAnswer(this.rpc, handOverGet, { tenantId, agentId }, otherwise);
  }

  private async stateOf({ tenantId, agentId, version }: HandOver) {
    const { assigned, doneAt, ...now } = await this.ask(tenantId, agentId);
    return { assigned, doneAt: now.version === version ? doneAt : null };
  }
}

async function takerOf(manager: EntityManager, agentId: string, id: string): Promise<Agent> {
  const path = 'handOver.agentId';
  if (id === agentId) throw wrongTarget('Nobody takes over from themselves: choose another agent.', path);
  const taker = await manager.findOneBy(Agent, { id });
  if (!taker)
    throw new AppError('not_found', 'There is no such agent to hand over to.', [
      { path, message: 'no agent of this business' },
    ]);
  if (taker.status === 'active') return taker;
  const message = 'not active';
  throw new AppError('conflict', 'Who takes over is not active: choose another agent.', [{ path, message }]);
}

const wrongTarget = (detail: string, path: string) =>
  new AppError('invalid_request', detail, [{ path, message: detail }]);

const targetOf = ({ toAgentId, toTeamId }: HandOver): HandOverTarget => {
  if (toAgentId) return { to: 'agent', agentId: toAgentId };
  return toTeamId ? { to: 'team', teamId: toTeamId } : { to: 'pool' };
};

/** @throws AppError hand_over_required */
export function needsHandOver(open: number): never {
  const detail = `This agent has ${open} open ${open === 1 ? 'conversation' : 'conversations'}: say in "handOver" who takes over.`;
  throw new AppError('hand_over_required', detail, [
    { path: 'handOver', message: `${open} open conversations` },
  ]);
}
