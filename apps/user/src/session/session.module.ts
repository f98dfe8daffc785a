import { Module } from '@nestjs/common';
import { PasswordService } from '../password/password.service';
import { SessionRepository } from './session.repository';
import { SessionRpc } from './session.rpc';
import { SessionService } from './session.service';

@Module({
  controllers: [SessionRpc],
  providers: [SessionService, SessionRepository, PasswordService],
})
export class SessionModule {}
