import { Module } from '@nestjs/common';
import { SignInModule } from '../sign-in/sign-in.module';
import { ChallengeRepository } from './challenge.repository';
import { ChallengeService } from './challenge.service';
import { MfaRepository } from './mfa.repository';
import { MfaRpc } from './mfa.rpc';
import { MfaService } from './mfa.service';
import { SecondFactorService } from './second-factor.service';

@Module({
  imports: [SignInModule],
  controllers: [MfaRpc],
  providers: [ChallengeRepository, ChallengeService, MfaRepository, MfaService, SecondFactorService],
  exports: [ChallengeService, MfaService],
})
export class MfaModule {}
