import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Drain, LOGGER, type Logger } from '@scrm/platform';
import { MailService } from '../mail/mail.service';
import { repeat } from '../repeat';
import { PasswordResetService } from './password-reset.service';

/** Works on what was asked for. Every pod does: a request is taken by one of them. */
@Injectable()
export class PasswordResetWorker implements OnModuleInit {
  constructor(
    private readonly mail: MailService,
    private readonly resets: PasswordResetService,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly drain: Drain,
  ) {}

  onModuleInit() {
    if (!this.mail.isSetUp) return;
    const work = () => this.resets.answerRequests();
    const { drain, logger } = this;
    repeat({ name: 'answer password resets', everyMs: 1_000, work }, { drain, logger });
  }
}
