import { Injectable } from '@nestjs/common';
import { assignmentTargetGet } from '@scrm/contracts';
import { neededAnswer, RpcClient } from '@scrm/messaging';
import { AppError } from '@scrm/platform';
import type { KnownAgent } from '../hand-over/gate';

/** Knows from `user` to whom conversations may be handed. */
@Injectable()
export class AssignmentTargets {
  constructor(private readonly rpc: RpcClient) {}

  /**
   * @returns the agent, as they were when this was asked; null where only a team, or nobody, is meant
   * @throws AppError not_found, conflict; unavailable where `user` does not answer
   */
  async check(
    tenantId: string,
    { assigneeId, teamId }: { assigneeId?: string | null | undefined; teamId?: string | undefined },
  ): Promise<KnownAgent | null> {
    if (!assigneeId && !teamId) return null;
    const { agent, team } = await neededAnswer(
      this.rpc,
      assignmentTargetGet,
      { tenantId, ...(assigneeId && { agentId: assigneeId }), ...(teamId && { teamId }) },
      'Whether this agent and team can take it is not known at the moment: try again.',
    );
    if (teamId && !team)
      throw new AppError('not_found', 'There is no such team to hand it to.', [
        { path: 'teamId', message: 'no team of this business' },
      ]);
    if (!assigneeId) return null;
    if (!agent)
      throw new AppError('not_found', 'There is no such agent to hand it to.', [
        { path: 'assigneeId', message: 'no agent of this business' },
      ]);
    if (agent.status !== 'active') throw notActive();
    return { id: assigneeId, version: agent.version };
  }
}

export const notActive = () =>
  new AppError('conflict', 'This agent is not active: choose another one.', [
    { path: 'assigneeId', message: 'not active' },
  ]);
