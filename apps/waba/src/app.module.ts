import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { brokerNames } from '@scrm/contracts';
import { DatabaseModule, KeyVault } from '@scrm/database';
import {
  MessagingModule,
  RevocationModule,
  RpcErrorFilter,
  RpcInterceptor,
  type MessagingOptions,
} from '@scrm/messaging';
import { Health, LocalKeyWrapper, readMasterKeys, Revocations, TokenVerifier } from '@scrm/platform';
import type { DataSource } from 'typeorm';
import { CloudApiClient } from './cloud-api/cloud-api.client';
import { AuditRpc } from './audit/audit.rpc';
import { AuditService } from './audit/audit.service';
import { WABA_CONFIG, type WabaConfig, type WabaRole } from './config';
import { ContactResolver } from './contact/contact.resolver';
import { AssignmentTargets } from './conversation/assignment-target';
import { ConversationRepository } from './conversation/conversation.repository';
import { ConversationRpc } from './conversation/conversation.rpc';
import { ConversationService } from './conversation/conversation.service';
import { APP_DB, APP_ROLE, SCHEMA, SYSTEM_DB, SYSTEM_ROLE, wabaDataSource } from './db/data-source';
import { HandOverRpc } from './hand-over/hand-over.rpc';
import { HandOverService } from './hand-over/hand-over.service';
import { MeasureService } from './maintenance/measure.service';
import { OverdueService } from './maintenance/overdue.service';
import { RetentionService } from './maintenance/retention.service';
import { Scheduler } from './maintenance/scheduler';
import { Dispatcher } from './message/dispatcher';
import { DispatchPublisher } from './message/dispatch.publisher';
import { DispatchService } from './message/dispatch.service';
import { InboundService } from './message/inbound.service';
import { MessageSenderConsumer } from './message/message-sender.consumer';
import { MessageRepository } from './message/message.repository';
import { MessageRpc } from './message/message.rpc';
import { MessageService } from './message/message.service';
import { StatusService } from './message/status.service';
import { SenderDirectory } from './sender/sender.directory';
import { SenderRepository } from './sender/sender.repository';
import { SenderRpc } from './sender/sender.rpc';
import { SenderSecrets } from './sender/sender.secrets';
import { StreamPublisher } from './stream/stream.publisher';
import { StreamRpc } from './stream/stream.rpc';
import { TemplateRepository } from './template/template.repository';
import { TemplateRpc } from './template/template.rpc';
import { ArchiveConsumer } from './webhook/archive.consumer';
import { WebhookConsumer } from './webhook/webhook.consumer';
import { WebhookController } from './webhook/webhook.controller';
import { WebhookPublisher } from './webhook/webhook.publisher';
import { WebhookReceiver } from './webhook/webhook.receiver';
import { WebhookRepository } from './webhook/webhook.repository';
import { WebhookRpc } from './webhook/webhook.rpc';
import { WebhookService } from './webhook/webhook.service';

export const messagingOptions = (config: WabaConfig): MessagingOptions => ({
  url: config.RABBITMQ_URL,
  service: 'waba',
  names: brokerNames(config.BROKER_NAMESPACE),
});

/** Needs the broker only: it takes deliveries while the database is away. */
const INGRESS: Provider[] = [WebhookPublisher];

/** Master keys from the settings; a KMS would come in here. */
const VAULT: Provider = {
  provide: KeyVault,
  inject: [SYSTEM_DB, WABA_CONFIG, Health],
  useFactory: (database: DataSource, config: WabaConfig, health: Health) => {
    const vault = new KeyVault(database, SCHEMA, new LocalKeyWrapper(readMasterKeys(config)));
    // A pod that could open no token would pause all numbers.
    health.register('tenant-keys', () => vault.check());
    return vault;
  },
};

/** What the worker and the scheduler share. */
const CORE: Provider[] = [
  VAULT,
  AssignmentTargets,
  SenderDirectory,
  SenderSecrets,
  ContactResolver,
  AuditService,
  ConversationRepository,
  ConversationService,
  MessageRepository,
  MessageService,
  DispatchPublisher,
  HandOverService,
  InboundService,
  StatusService,
  StreamPublisher,
  SenderRepository,
  TemplateRepository,
  WebhookRepository,
  WebhookService,
  RpcInterceptor,
  RpcErrorFilter,
];

const BY_ROLE: Record<WabaRole, Provider[]> = {
  ingress: [WebhookReceiver],
  worker: [
    WebhookConsumer,
    ArchiveConsumer,
    CloudApiClient,
    DispatchService,
    Dispatcher,
    MessageSenderConsumer,
  ],
  scheduler: [Scheduler, MeasureService, OverdueService, RetentionService],
};

const RPC = [
  AuditRpc,
  ConversationRpc,
  HandOverRpc,
  MessageRpc,
  SenderRpc,
  TemplateRpc,
  WebhookRpc,
  StreamRpc,
];

/** One image; the roles decide what of it comes to life. */
@Module({})
export class AppModule {
  /** `idle`: everything is there and nothing works by itself, for tools. */
  static forRoot(config: WabaConfig, { idle = false } = {}): DynamicModule {
    const has = (role: WabaRole) => config.WABA_ROLES.includes(role);
    const usesDatabase = has('worker') || has('scheduler');
    const revocations = new Revocations({ known: false });
    const tokens = new TokenVerifier({
      revocations,
      jwksUrl: config.JWKS_URL,
      issuer: config.TOKEN_ISSUER,
      audience: config.TOKEN_AUDIENCE,
    });
    return {
      module: AppModule,
      imports: [
        MessagingModule.forRoot(messagingOptions(config)),
        // Only questions come with a token; webhooks are taken whatever becomes of those.
        ...(has('worker') && !idle
          ? [RevocationModule.forRoot(revocations, config.JWKS_URL, { gate: false })]
          : []),
        ...(usesDatabase ? [DatabaseModule.forRoot(databases(config))] : []),
      ],
      controllers: [...(has('ingress') ? [WebhookController] : []), ...(has('worker') ? RPC : [])],
      providers: [
        { provide: WABA_CONFIG, useValue: config },
        { provide: TokenVerifier, useValue: tokens },
        ...INGRESS,
        ...(usesDatabase ? CORE : []),
        ...(idle ? [] : config.WABA_ROLES.flatMap((role) => BY_ROLE[role])),
      ],
    };
  }
}

function databases(config: WabaConfig) {
  const { DATABASE_URL: url, DATABASE_POOL_SIZE: size } = config;
  return new Map([
    [APP_DB, wabaDataSource(url, APP_ROLE, size)],
    [SYSTEM_DB, wabaDataSource(url, SYSTEM_ROLE, size)],
  ]);
}
