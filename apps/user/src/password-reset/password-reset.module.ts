import { Module } from '@nestjs/common';
import { SessionModule } from '../session/session.module';
import { PasswordResetRepository } from './password-reset.repository';
import { PasswordResetRpc } from './password-reset.rpc';
import { PasswordResetService } from './password-reset.service';
import { PasswordResetWorker } from './password-reset.worker';

@Module({
  imports: [SessionModule],
  controllers: [PasswordResetRpc],
  providers: [PasswordResetService, PasswordResetRepository, PasswordResetWorker],
})
export class PasswordResetModule {}
