import { Injectable } from '@nestjs/common';
import type { passwordResetConfirm, passwordResetCreate, RpcRequest } from '@scrm/contracts';
import { AppError } from '@scrm/platform';
import { AccessService } from '../access/access.service';
import { MailService } from '../mail/mail.service';
import { problemWith } from '../password/password.policy';
import { PasswordService } from '../password/password.service';
import { digest, newToken } from '../secret-token';
import { SignInGuard } from '../sign-in/sign-in-guard';
import {
  lockAccounts,
  PasswordResetRepository,
  replaceReset,
  takeRequests,
  useReset,
  type Account,
} from './password-reset.repository';
import type { EntityManager } from 'typeorm';

const GOOD_FOR_MINUTES = 60;
const MOST_AT_ONCE = 50;

@Injectable()
export class PasswordResetService {
  constructor(
    private readonly repository: PasswordResetRepository,
    private readonly passwords: PasswordService,
    private readonly guard: SignInGuard,
    private readonly access: AccessService,
    private readonly mail: MailService,
  ) {}

  /**
   * Only writes down that somebody asked: so nobody learns who has an account, neither from the answer nor from the time
   * that it takes.
   *
   * @throws AppError no_mail, where no mail server is set up; too_many_requests
   */
  async ask({ email, ip }: RpcRequest<typeof passwordResetCreate>): Promise<{ validForMinutes: number }> {
    if (!this.mail.isSetUp)
      throw new AppError('no_mail', 'This system sends no mail: ask an administrator of your team.');
    await this.guard.watch({ what: 'password-reset', account: email, address: ip ?? '' }, async () => {
      await this.repository.ask(email);
      return false;
    });
    return { validForMinutes: GOOD_FOR_MINUTES };
  }

  /**
   * Writes to those who asked and have an account. Nobody gets more than a few mails in an hour; then the link of the last
   * one stays good.
   *
   * @returns whether there may be more to do
   */
  answerRequests(): Promise<boolean> {
    return this.repository.transaction(async (manager) => {
      const emails = await takeRequests(manager, MOST_AT_ONCE);
      if (emails.length === 0) return false;
      for (const account of await lockAccounts(manager, emails)) await this.issue(manager, account);
      return emails.length === MOST_AT_ONCE;
    });
  }

  /** @throws AppError password_reset_over, weak_password, too_many_requests */
  async confirm({ token, password }: RpcRequest<typeof passwordResetConfirm>): Promise<{ email: string }> {
    const found = await this.repository.find(digest(token));
    if (!found) throw over();
    const problem = problemWith(password, [found.name, found.email]);
    if (problem) throw new AppError('weak_password', problem);
    const hash = await this.passwords.hash(password);
    const used = await this.repository.transaction((manager) =>
      useReset(manager, digest(token), hash, (account) => this.mail.tellPasswordChanged(manager, account)),
    );
    if (!used) throw over();
    await this.access.announce(used.ended);
    return { email: used.account.email };
  }

  private async issue(manager: EntityManager, account: Account): Promise<void> {
    const token = newToken();
    const expiresAt = new Date(Date.now() + GOOD_FOR_MINUTES * 60_000);
    const link = this.mail.link('reset-password', token);
    const isPosted = await this.mail.post(
      manager,
      'password-reset',
      account,
      (letters) => letters.passwordReset({ name: account.name, link, expiresAt }),
      expiresAt,
    );
    if (isPosted) await replaceReset(manager, account, { hash: digest(token), expiresAt });
  }
}

const over = () =>
  new AppError('password_reset_over', 'This link was used, has expired or was replaced: ask for a new one.');
