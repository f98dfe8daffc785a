import { Module, type DynamicModule } from '@nestjs/common';
import { brokerNames } from '@scrm/contracts';
import { MessagingModule, RevocationModule } from '@scrm/messaging';
import { Revocations } from '@scrm/platform';
import { AgentController } from './agent/agent.controller';
import { ApiKeyController } from './api-key/api-key.controller';
import { AuditLogController } from './audit/audit-log.controller';
import { AuditLogService } from './audit/audit-log.service';
import { AgentFileController } from './agent-file/agent-file.controller';
import { AuthModule } from './auth/auth.module';
import type { BackConfig } from './config';
import { ConversationController } from './conversation/conversation.controller';
import { InvitationController } from './invitation/invitation.controller';
import { MessageController } from './message/message.controller';
import { MfaController } from './mfa/mfa.controller';
import { SecondStepController } from './mfa/second-step.controller';
import { PasswordController } from './password/password.controller';
import { RoleController } from './role/role.controller';
import { SecurityPolicyController } from './security-policy/security-policy.controller';
import { PasswordResetController } from './password-reset/password-reset.controller';
import { PresenceController } from './presence/presence.controller';
import { SenderController } from './sender/sender.controller';
import { SessionController } from './session/session.controller';
import { SsoController } from './sso/sso.controller';
import { TeamController } from './team/team.controller';
import { TemplateController } from './template/template.controller';
import { TenantController } from './tenant/tenant.controller';
import { WebhookDeliveryController } from './webhook-delivery/webhook-delivery.controller';

/** All of the public API: a controller translates HTTP into one question to the service that owns the data. */
@Module({
  controllers: [
    SessionController,
    SecondStepController,
    MfaController,
    PasswordController,
    PasswordResetController,
    InvitationController,
    AgentController,
    ApiKeyController,
    AuditLogController,
    SecurityPolicyController,
    AgentFileController,
    ConversationController,
    MessageController,
    RoleController,
    PresenceController,
    SenderController,
    SsoController,
    TeamController,
    TemplateController,
    TenantController,
    WebhookDeliveryController,
  ],
  providers: [AuditLogService],
})
export class ApiModule {}

@Module({})
export class AppModule {
  /** @param messaging whoever gives `RpcClient`: the broker, unless a test or the API document stands in */
  static forRoot(config: BackConfig, messaging?: DynamicModule): DynamicModule {
    const revocations = new Revocations({ known: messaging !== undefined });
    const imports = messaging ? [messaging] : broker(config, revocations);
    return { module: AppModule, imports: [...imports, AuthModule.forRoot(config, revocations), ApiModule] };
  }
}

function broker(config: BackConfig, revocations: Revocations): DynamicModule[] {
  const names = brokerNames(config.BROKER_NAMESPACE);
  return [
    MessagingModule.forRoot({ url: config.RABBITMQ_URL, service: 'back', names }),
    RevocationModule.forRoot(revocations, config.JWKS_URL, { gate: true }),
  ];
}
