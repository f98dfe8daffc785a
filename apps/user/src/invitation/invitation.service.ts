import { Inject, Injectable } from '@nestjs/common';
import type { agentCreate, InvitationToken, InvitationView, Principal, RpcRequest } from '@scrm/contracts';
import { actorOf, recordAudit, violatedConstraint } from '@scrm/database';
import { AppError } from '@scrm/platform';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { lockAgent } from '../agent/agent.repository';
import { USER_CONFIG, type UserConfig } from '../config';
import { MailService, type Addressee } from '../mail/mail.service';
import { problemWith } from '../password/password.policy';
import { PasswordService } from '../password/password.service';
import { ABOVE, mayGive, mustHold } from '../role/rights';
import { readGrants } from '../role/role.repository';
import { digest, newToken } from '../secret-token';
import {
  findTenantName,
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
    private readonly mail: MailService,
  ) {}

  /** @throws AppError conflict, where the email is taken; not_found, forbidden (the role) */
  async create(
    principal: Principal,
    { name, email, role }: RpcRequest<typeof agentCreate>,
  ): Promise<{ agentId: string } & InvitationToken> {
    const { tenantId } = principal;
    const agent = { id: uuidv7(), tenantId, name, email, role };
    try {
      return await this.repository.inTenant(tenantId, async (manager) => {
        await mayGive(manager, principal, role);
        await insertInvited(manager, agent);
        const invitation = await this.issue(manager, { ...agent, agentId: agent.id });
        const target = { kind: 'agent', id: agent.id };
        const after = { name, role };
        await recordAudit(manager, { by: actorOf(principal), action: 'agent.invited', target, after });
        return { agentId: agent.id, ...invitation };
      });
    } catch (error) {
      if (violatedConstraint(error) !== 'agent_email') throw error;
      throw new AppError('conflict', 'Somebody has this email already: an email belongs to one agent.');
    }
  }

  /** A new link; the one before is worth nothing any more. @throws AppError not_found, conflict, forbidden */
  renew(principal: Principal, agentId: string): Promise<InvitationToken> {
    const { tenantId } = principal;
    return this.repository.inTenant(tenantId, async (manager) => {
      const agent = await lockAgent(manager, agentId);
      if (!agent) throw new AppError('not_found', 'There is no such agent.');
      // Whoever has the link becomes them.
      mustHold(principal, await readGrants(manager, agent), ABOVE);
      if (agent.status !== 'invited')
        throw new AppError(
          'conflict',
          'Only somebody who is invited, and has not come yet, can be invited again.',
        );
      const invitation = await this.issue(manager, {
        tenantId,
        agentId,
        name: agent.name,
        email: agent.email,
      });
      const target = { kind: 'agent', id: agentId };
      await recordAudit(manager, { by: actorOf(principal), action: 'invitation.renewed', target });
      return invitation;
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
    const token = newToken();
    const expiresAt = new Date(Date.now() + this.config.INVITATION_TTL_DAYS * DAY_MS);
    return { token, hash: digest(token), expiresAt };
  }

  private async issue(manager: EntityManager, to: Addressee): Promise<InvitationToken> {
    const { tenantId, agentId, name } = to;
    const { token, hash, expiresAt } = this.newInvitation();
    await replaceInvitation(manager, { hash, tenantId, agentId, expiresAt });
    const tenantName = await findTenantName(manager, tenantId);
    const link = this.mail.link('accept-invitation', token);
    const mailed = await this.mail.post(
      manager,
      'invitation',
      to,
      (letters) => letters.invitation({ name, tenantName, link, expiresAt }),
      expiresAt,
    );
    return { token, expiresAt: expiresAt.toISOString(), mailed };
  }

  private async open(token: string): Promise<OpenInvitation> {
    const found = await this.repository.find(digest(token));
    if (!found) throw over();
    return found;
  }
}

const over = () =>
  new AppError(
    'invitation_over',
    'This invitation was used, has expired or was replaced: ask for a new one.',
  );
