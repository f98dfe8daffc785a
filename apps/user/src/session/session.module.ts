import { Module } from '@nestjs/common';
import { PasswordService } from '../password/password.service';
import { SignInGuard } from '../sign-in/sign-in-guard';
import { OwnSessionRepository } from './own-session.repository';
import { SessionRepository } from './session.repository';
import { SessionRpc } from './session.rpc';
import { SessionService } from './session.service';

@Module({
  controllers: [SessionRpc],
  providers: [SessionService, SessionRepository, OwnSessionRepository, PasswordService, SignInGuard],
  exports: [SessionService, PasswordService, SignInGuard],
})
export class SessionModule {}
