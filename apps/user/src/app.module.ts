import { Global, Module, type DynamicModule } from '@nestjs/common';
import { brokerNames } from '@scrm/contracts';
import { DatabaseModule } from '@scrm/database';
import { MessagingModule, type MessagingOptions } from '@scrm/messaging';
import { AccessTokenModule } from './access-token/access-token.module';
import { AccessModule } from './access/access.module';
import { AgentImportModule } from './agent-import/agent-import.module';
import { AgentModule } from './agent/agent.module';
import { ApiKeyModule } from './api-key/api-key.module';
import { AssignmentTargetModule } from './assignment-target/assignment-target.module';
import { AuditModule } from './audit/audit.module';
import { USER_CONFIG, type UserConfig } from './config';
import { identityPools } from './db/data-source';
import { HandOverModule } from './hand-over/hand-over.module';
import { InvitationModule } from './invitation/invitation.module';
import { KeysModule } from './keys/keys.module';
import { MailModule } from './mail/mail.module';
import { MfaModule } from './mfa/mfa.module';
import { PasswordResetModule } from './password-reset/password-reset.module';
import { PasswordModule } from './password/password.module';
import { PresenceModule } from './presence/presence.module';
import { RoleModule } from './role/role.module';
import { SecurityPolicyModule } from './security-policy/security-policy.module';
import { SessionModule } from './session/session.module';
import { SigningKeyModule } from './signing-key/signing-key.module';
import { SsoModule } from './sso/sso.module';
import { TeamModule } from './team/team.module';
import { TenantModule } from './tenant/tenant.module';

export function messagingOptions(config: UserConfig): MessagingOptions {
  return { url: config.RABBITMQ_URL, service: 'user', names: brokerNames(config.BROKER_NAMESPACE) };
}

@Global()
@Module({})
export class AppModule {
  static forRoot(config: UserConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        DatabaseModule.forRoot(identityPools(config.DATABASE_URL)),
        MessagingModule.forRoot(messagingOptions(config)),
        AccessModule,
        AccessTokenModule,
        AgentImportModule,
        AgentModule,
        ApiKeyModule,
        AssignmentTargetModule,
        AuditModule,
        HandOverModule,
        InvitationModule,
        KeysModule,
        MailModule,
        MfaModule,
        PasswordModule,
        PasswordResetModule,
        PresenceModule,
        RoleModule,
        SecurityPolicyModule,
        SessionModule,
        SigningKeyModule,
        SsoModule,
        TeamModule,
        TenantModule,
      ],
      providers: [{ provide: USER_CONFIG, useValue: config }],
      exports: [USER_CONFIG],
    };
  }
}
