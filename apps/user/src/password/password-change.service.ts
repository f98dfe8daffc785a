import { Injectable } from '@nestjs/common';
import type { passwordChange, Principal, RpcRequest } from '@scrm/contracts';
import { AppError } from '@scrm/platform';
import { AccessService } from '../access/access.service';
import { MailService } from '../mail/mail.service';
import { PasswordCheckService } from './password-check.service';
import { problemWith } from './password.policy';
import { PasswordRepository } from './password.repository';
import { PasswordService } from './password.service';

@Injectable()
export class PasswordChangeService {
  constructor(
    private readonly repository: PasswordRepository,
    private readonly passwords: PasswordService,
    private readonly checks: PasswordCheckService,
    private readonly access: AccessService,
    private readonly mail: MailService,
  ) {}

  /** @throws AppError weak_password, invalid_credentials, too_many_requests, conflict */
  async change(
    principal: Principal,
    { currentPassword, newPassword, ip }: RpcRequest<typeof passwordChange>,
  ): Promise<{ revoked: number }> {
    const agent = await this.checks.find(principal);
    const problem =
      newPassword === currentPassword
        ? 'The new password is the current one: choose another.'
        : problemWith(newPassword, [agent.name, agent.email]);
    if (problem) throw new AppError('weak_password', problem);
    await this.checks.check(principal, currentPassword, ip);
    const hashes = { old: agent.hash, next: await this.passwords.hash(newPassword) };
    const ended = await this.repository.replace(principal, hashes, (manager) =>
      this.mail.tellPasswordChanged(manager, { ...agent, ...principal }),
    );
    if (!ended) throw new AppError('conflict', 'The password was changed at the same moment: try again.');
    await this.access.announce(ended);
    return { revoked: ended.length };
  }
}
