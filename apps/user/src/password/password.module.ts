import { Module } from '@nestjs/common';
import { SessionModule } from '../session/session.module';
import { SignInModule } from '../sign-in/sign-in.module';
import { PasswordChangeService } from './password-change.service';
import { PasswordRpc } from './password.rpc';

@Module({
  imports: [SessionModule, SignInModule],
  controllers: [PasswordRpc],
  providers: [PasswordChangeService],
})
export class PasswordModule {}
