import { Module } from '@nestjs/common';
import { SessionModule } from '../session/session.module';
import { PasswordChangeService } from './password-change.service';
import { PasswordRepository } from './password.repository';
import { PasswordRpc } from './password.rpc';

@Module({
  imports: [SessionModule],
  controllers: [PasswordRpc],
  providers: [PasswordChangeService, PasswordRepository],
})
export class PasswordModule {}
