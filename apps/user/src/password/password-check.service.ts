import { Injectable } from '@nestjs/common';
import type { Principal } from '@scrm/contracts';
import { AppError } from '@scrm/platform';
import { SignInGuard } from '../sign-in/sign-in-guard';
import { PasswordRepository } from './password.repository';
import { PasswordService } from './password.service';

/** Asks somebody who is signed in for their password once more. Whoever finds an open screen guesses here, slowly. */
@Injectable()
export class PasswordCheckService {
  constructor(
    private readonly repository: PasswordRepository,
    private readonly passwords: PasswordService,
    private readonly guard: SignInGuard,
  ) {}

  /** @throws AppError unauthenticated, where they are out */
  async find({ tenantId, agentId }: Pick<Principal, 'tenantId' | 'agentId'>) {
    const agent = await this.repository.find(tenantId, agentId);
    if (!agent) throw new AppError('unauthenticated', 'This account can no longer sign in.');
    return agent;
  }

  /** @throws AppError invalid_credentials, too_many_requests */
  async check(who: Pick<Principal, 'tenantId' | 'agentId'>, currentPassword: string, ip = ''): Promise<void> {
    const { email, hash } = await this.find(who);
    const isRight = await this.guard.watch({ account: email, address: ip }, () =>
      this.passwords.matches(currentPassword, hash),
    );
    if (!isRight) throw new AppError('invalid_credentials', 'The current password is wrong.');
  }
}
