import { Module } from '@nestjs/common';
import { PasswordService } from '../password/password.service';
import { OwnSessionRepository } from './own-session.repository';
import { SessionRepository } from './session.repository';
import { SessionRpc } from './session.rpc';
import { SessionService } from './session.service';

@Module({
  controllers: [SessionRpc],
  providers: [SessionService, SessionRepository, OwnSessionRepository, PasswordService],
})
export class SessionModule {}
