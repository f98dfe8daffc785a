import { Module } from '@nestjs/common';
import { SignInModule } from '../sign-in/sign-in.module';
import { PasswordChangeService } from './password-change.service';
import { PasswordRpc } from './password.rpc';

@Module({
  imports: [SignInModule],
  controllers: [PasswordRpc],
  providers: [PasswordChangeService],
})
export class PasswordModule {}
