import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { counter, Drain, isTransient, LOGGER, type Logger } from '@scrm/platform';
import { repeat } from '../repeat';
import { MailRepository } from './mail.repository';
import { MailService } from './mail.service';
import { MailTransport } from './mail.transport';

const mails = counter('user_mails_total', 'Attempts to send a mail, and mails that were given up', [
  'kind',
  'outcome',
]);

const NOTE_TRIES = 15;
const NOTE_EVERY_MS = 500;

/** What became of a mail has to be written down before its claim ends: otherwise it is sent again. */
async function noted(note: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await note();
      return;
    } catch (error) {
      if (tries === NOTE_TRIES || !isTransient(error)) throw error;
      await sleep(NOTE_EVERY_MS);
    }
  }
}

/**
 * Sends what waits, one mail after the other. Every pod does; a claim keeps them off each other's mails. A pod that dies
 * between the server's word and its own note of it is the one case in which a mail comes twice.
 */
@Injectable()
export class MailSender implements OnModuleInit {
  constructor(
    private readonly mail: MailService,
    private readonly repository: MailRepository,
    private readonly transport: MailTransport,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly drain: Drain,
  ) {}

  onModuleInit() {
    if (!this.mail.isSetUp) return;
    const { drain, logger } = this;
    repeat({ name: 'send mail', everyMs: 1_000, work: () => this.sendNext() }, { drain, logger });
    repeat({ name: 'give up mail', everyMs: 60_000, work: () => this.giveUp() }, { drain, logger });
  }

  /** @returns whether there may be more to do: there was a mail, and a server that answered */
  private async sendNext(): Promise<boolean> {
    const mail = await this.repository.claim();
    if (!mail) return false;
    const { id, kind, attempts } = mail;
    const refusal = await this.transport.send(mail);
    const outcome = refusal ? (refusal.isFinal ? 'refused' : 'failed') : 'sent';
    mails.inc({ kind, outcome });
    if (refusal) this.logger.warn({ id, kind, attempts, ...refusal }, 'the mail server did not take a mail');
    await noted(() => (outcome === 'failed' ? this.repository.postpone(mail) : this.repository.settle(mail)));
    // Where the server is away one mail finds out: the others need not.
    return refusal === null || refusal.reply !== undefined;
  }

  private async giveUp(): Promise<boolean> {
    for (const kind of await this.repository.giveUp()) {
      mails.inc({ kind, outcome: 'given up' });
      this.logger.error({ kind }, 'a mail was given up: the mail server did not take it in time');
    }
    return false;
  }
}
