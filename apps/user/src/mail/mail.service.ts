import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { USER_CONFIG, type UserConfig } from '../config';
import { ENGLISH, type Letters } from './letters';
import type { Letter } from './letter';
import type { MailKind } from './mail.entity';
import { insertMail } from './mail.repository';

const DAY_MS = 86_400_000;

export interface Addressee {
  tenantId: string;
  agentId: string;
  name: string;
  email: string;
}

/** Writes mails; {@link MailSender} sends them. */
@Injectable()
export class MailService {
  constructor(@Inject(USER_CONFIG) private readonly config: UserConfig) {}

  /** Without a mail server nobody gets mail, and whoever asks for one should hear so. */
  get isSetUp(): boolean {
    return this.config.SMTP_URL !== undefined;
  }

  /** Where a page of the console is. The token is behind `#`, which browsers send to no server. */
  link(page: string, token: string): string {
    return `${this.config.CONSOLE_URL?.replace(/\/+$/, '')}/${page}#token=${token}`;
  }

  /**
   * On its way when the caller's transaction is committed, and tried for a day.
   *
   * @param goodUntil when it says nothing of use any more
   * @returns false where none goes out: no mail server is set up, or the agent had enough of them in the last hour
   */
  async post(
    manager: EntityManager,
    kind: MailKind,
    to: Addressee,
    write: (letters: Letters) => Letter,
    goodUntil?: Date,
  ): Promise<boolean> {
    if (!this.isSetUp) return false;
    const { tenantId, agentId, name, email } = to;
    return insertMail(manager, {
      id: uuidv7(),
      kind,
      tenantId,
      agentId,
      name,
      address: email,
      letter: write(ENGLISH),
      expiresAt: new Date(Math.min(Date.now() + DAY_MS, goodUntil?.getTime() ?? Infinity)),
    });
  }

  /** To whoever owns the account, and may not be who did it. */
  tellPasswordChanged(manager: EntityManager, to: Addressee): Promise<boolean> {
    return this.post(manager, 'password-changed', to, (letters) =>
      letters.passwordChanged({ name: to.name, at: new Date() }),
    );
  }
}
