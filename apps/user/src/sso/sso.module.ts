import { Module } from '@nestjs/common';
import { SessionModule } from '../session/session.module';
import { ProviderClient } from './provider.client';
import { SsoConnectionRepository } from './sso-connection.repository';
import { SsoConnectionService } from './sso-connection.service';
import { SsoSettings } from './sso-settings';
import { SsoSignInService } from './sso-sign-in.service';
import { SsoRepository } from './sso.repository';
import { SsoRpc } from './sso.rpc';

@Module({
  imports: [SessionModule],
  controllers: [SsoRpc],
  providers: [
    SsoConnectionService,
    SsoConnectionRepository,
    SsoSignInService,
    SsoRepository,
    SsoSettings,
    ProviderClient,
  ],
})
export class SsoModule {}
