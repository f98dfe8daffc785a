import { Module } from '@nestjs/common';
import { PasswordCheckService } from '../password/password-check.service';
import { PasswordRepository } from '../password/password.repository';
import { PasswordService } from '../password/password.service';
import { SignInGuard } from './sign-in-guard';

/** What looks at passwords, and counts wrong ones: one of each in a process. */
@Module({
  providers: [PasswordCheckService, PasswordRepository, PasswordService, SignInGuard],
  exports: [PasswordCheckService, PasswordRepository, PasswordService, SignInGuard],
})
export class SignInModule {}
