import { Module, type DynamicModule } from '@nestjs/common';
import { brokerNames } from '@scrm/contracts';
import { MessagingModule } from '@scrm/messaging';
import { AgentController } from './agent/agent.controller';
import { AuthModule } from './auth/auth.module';
import type { BackConfig } from './config';
import { ConversationController } from './conversation/conversation.controller';
import { MessageController } from './message/message.controller';
import { SenderController } from './sender/sender.controller';
import { SessionController } from './session/session.controller';
import { TemplateController } from './template/template.controller';
import { WebhookDeliveryController } from './webhook-delivery/webhook-delivery.controller';

/** All of the public API: a controller translates HTTP into one question to the service that owns the data. */
@Module({
  controllers: [
    SessionController,
    AgentController,
    ConversationController,
    MessageController,
    SenderController,
    TemplateController,
    WebhookDeliveryController,
  ],
})
export class ApiModule {}

@Module({})
export class AppModule {
  /** @param messaging whoever gives `RpcClient`: the broker, unless a test or the API document stands in */
  static forRoot(config: BackConfig, messaging = brokerMessaging(config)): DynamicModule {
    return { module: AppModule, imports: [messaging, AuthModule.forRoot(config), ApiModule] };
  }
}

function brokerMessaging(config: BackConfig): DynamicModule {
  const names = brokerNames(config.BROKER_NAMESPACE);
  return MessagingModule.forRoot({ url: config.RABBITMQ_URL, service: 'back', names });
}
