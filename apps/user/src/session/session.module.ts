import { Module } from '@nestjs/common';
import { MfaModule } from '../mfa/mfa.module';
import { SignInModule } from '../sign-in/sign-in.module';
import { OwnSessionRepository } from './own-session.repository';
import { SecondStepRpc } from './second-step.rpc';
import { SecondStepService } from './second-step.service';
import { SessionRepository } from './session.repository';
import { SessionRpc } from './session.rpc';
import { SessionService } from './session.service';

@Module({
  imports: [MfaModule, SignInModule],
  controllers: [SecondStepRpc, SessionRpc],
  providers: [SecondStepService, SessionService, SessionRepository, OwnSessionRepository],
  exports: [SessionService, SignInModule],
})
export class SessionModule {}
