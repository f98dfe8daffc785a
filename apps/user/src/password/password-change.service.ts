import { Injectable } from '@nestjs/common';
import type { passwordChange, Principal, RpcRequest } from '@scrm/contracts';
import { AppError } from '@scrm/platform';
import { MailService } from '../mail/mail.service';
import { SessionService } from '../session/session.service';
import { SignInGuard } from '../sign-in/sign-in-guard';
import { problemWith } from './password.policy';
import { PasswordRepository } from './password.repository';
import { PasswordService } from './password.service';

@Injectable()
export class PasswordChangeService {
  constructor(
    private readonly repository: PasswordRepository,
    private readonly passwords: PasswordService,
    private readonly guard: SignInGuard,
    private readonly sessions: SessionService,
    private readonly mail: MailService,
  ) {}

  /** @throws AppError weak_password, invalid_credentials, too_many_requests, conflict */
  async change(
    principal: Principal,
    { currentPassword, newPassword, ip }: RpcRequest<typeof passwordChange>,
  ): Promise<{ revoked: number }> {
    const { tenantId, agentId } = principal;
    const agent = await this.repository.find(tenantId, agentId);
    if (!agent) throw new AppError('unauthenticated', 'This account can no longer sign in.');
    const problem =
      newPassword === currentPassword
        ? 'The new password is the current one: choose another.'
        : problemWith(newPassword, [agent.name, agent.email]);
    if (problem) throw new AppError('weak_password', problem);
    // Whoever finds an open screen guesses here instead of at the door.
    const isRight = await this.guard.watch({ email: agent.email, address: ip ?? '' }, () =>
      this.passwords.matches(currentPassword, agent.hash),
    );
    if (!isRight) throw new AppError('invalid_credentials', 'The current password is wrong.');
    const hashes = { old: agent.hash, next: await this.passwords.hash(newPassword) };
    const isChanged = await this.repository.replace(agentId, hashes, (manager) =>
      this.mail.tellPasswordChanged(manager, { ...agent, tenantId, agentId }),
    );
    if (!isChanged) throw new AppError('conflict', 'The password was changed at the same moment: try again.');
    return this.sessions.revoke(principal, 'others');
  }
}
