import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { agentCreate, InvitationToken, InvitationView, Principal, RpcRequest } from '@scrm/contracts';
import { violatedConstraint } from '@scrm/database';
import { AppError } from '@scrm/platform';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { lockAgent } from '../agent/agent.repository';
import { USER_CONFIG, type UserConfig } from '../config';
import { problemWith } from '../password/password.policy';
import { PasswordService } from '../password/password.service';
import {
  insertInvited,
  InvitationRepository,
  replaceInvitation,
  type OpenInvitation,
} from './invitation.repository';

const DAY_MS = 86_400_000;

export interface NewInvitation {
  token: string;
  hash: Buffer;
  expiresAt: Date;
}

@Injectable()
export class InvitationService {
  constructor(
    @Inject(USER_CONFIG) private readonly config: UserConfig,
    private readonly repository: InvitationRepository,
    private readonly passwords: PasswordService,
  ) {}

  /** @throws AppError conflict, where the email is taken */
  async create(
    { tenantId }: Principal,
    { name, email, role }: RpcRequest<typeof agentCreate>,
  ): Promise<{ agentId: string } & InvitationToken> {
    const agent = { id: uuidv7(), tenantId, name, email, role };
    try {
      return await this.repository.inTenant(tenantId, async (manager) => {
        await insertInvited(manager, agent);
        return { agentId: agent.id, ...(await this.issue(manager, tenantId, agent.id)) };
      });
    } catch (error) {
      if (violatedConstraint(error) !== 'agent_email') throw error;
      throw new AppError('conflict', 'Somebody has this email already: an email belongs to one agent.');
    }
  }

  /** A new link; the one before is worth nothing any more. @throws AppError not_found, conflict */
  renew({ tenantId }: Principal, agentId: string): Promise<InvitationToken> {
    return this.repository.inTenant(tenantId, async (manager) => {
      const agent = await lockAgent(manager, agentId);
      if (!agent) throw new AppError('not_found', 'There is no such agent.');
      if (agent.status !== 'invited')
        throw new AppError(
          'conflict',
          'Only somebody who is invited, and has not come yet, can be invited again.',
        );
      return this.issue(manager, tenantId, agentId);
    });
  }

  /** What the page shows whom the link was sent to. @throws AppError invitation_over */
  async get(token: string): Promise<InvitationView> {
    const { name, email, tenantName, expiresAt } = await this.open(token);
    return { name, email, tenantName, expiresAt: expiresAt.toISOString() };
  }

  /** @throws AppError invitation_over, weak_password, too_many_requests */
  async accept({ token, password }: { token: string; password: string }): Promise<{ email: string }> {
    const { name, email } = await this.open(token);
    const problem = problemWith(password, [name, email]);
    if (problem) throw new AppError('weak_password', problem);
    const hash = await this.passwords.hash(password);
    if (!(await this.repository.accept(digest(token), hash))) throw over();
    return { email };
  }

  /** Worth something once its hash is kept. */
  newInvitation(): NewInvitation {
    const token = randomBytes(32).toString('base64url');
    const expiresAt = new Date(Date.now() + this.config.INVITATION_TTL_DAYS * DAY_MS);
    return { token, hash: digest(token), expiresAt };
  }

  private async issue(manager: EntityManager, tenantId: string, agentId: string): Promise<InvitationToken> {
    const { token, hash, expiresAt } = this.newInvitation();
    await replaceInvitation(manager, { hash, tenantId, agentId, expiresAt });
    return { token, expiresAt: expiresAt.toISOString() };
  }

  private async open(token: string): Promise<OpenInvitation> {
    const found = await this.repository.find(digest(token));
    if (!found) throw over();
    return found;
  }
}

const digest = (token: string) => createHash('sha256').update(token).digest();
const over = () =>
  new AppError(
    'invitation_over',
    'This invitation was used, has expired or was replaced: ask for a new one.',
  );
