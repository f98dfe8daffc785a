import { Global, Module } from '@nestjs/common';
import { MailRepository } from './mail.repository';
import { MailSender } from './mail.sender';
import { MailService } from './mail.service';
import { MailTransport } from './mail.transport';

/** Global, because whatever happens to an account is told to its owner. */
@Global()
@Module({
  providers: [MailService, MailSender, MailRepository, MailTransport],
  exports: [MailService],
})
export class MailModule {}
