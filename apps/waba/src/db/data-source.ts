import { createDataSource, TenantKey } from '@scrm/database';
import type { DataSource } from 'typeorm';
import { Contact } from '../contact/contact.entity';
import { Conversation } from '../conversation/conversation.entity';
import { HandOver } from '../hand-over/hand-over.entity';
import { IdempotencyKey, Message, MessageKey, ParkedStatus } from '../message/message.entity';
import { Sender } from '../sender/sender.entity';
import { Stream, StreamEvent } from '../stream/stream.entity';
import { Template } from '../template/template.entity';
import { AccountEvent, WebhookAttempt, WebhookBundle, WebhookDelivery } from '../webhook/webhook.entity';
import { Initial1763800000000 } from './migrations/1763800000000-initial';
import { Scale1763900000000 } from './migrations/1763900000000-scale';
import { TenantKey1764500000000 } from './migrations/1764500000000-tenant-key';
import { Lists1764720000000 } from './migrations/1764720000000-lists';
import { HandOver1764800000000 } from './migrations/1764800000000-hand-over';
import { Audit1764910000000 } from './migrations/1764910000000-audit';
import { Lean1765100000000 } from './migrations/1765100000000-lean';
import { Bundles1765200000000 } from './migrations/1765200000000-bundles';

export const SCHEMA = 'waba';
export const APP_ROLE = 'scrm_waba_app';
export const SYSTEM_ROLE = 'scrm_waba_system';

/** Sees one tenant per transaction: all that a person asks for goes through this pool. */
export const APP_DB = Symbol('app-db');
/** Acts for many tenants in one statement: the inbound worker, the dispatcher, the scheduler; nobody else. */
export const SYSTEM_DB = Symbol('system-db');

const entities = [
  Sender,
  Contact,
  Conversation,
  HandOver,
  Message,
  MessageKey,
  ParkedStatus,
  IdempotencyKey,
  Stream,
  StreamEvent,
  Template,
  WebhookDelivery,
  WebhookBundle,
  WebhookAttempt,
  AccountEvent,
  TenantKey,
];

export function wabaDataSource(url: string, role?: string, poolSize?: number): DataSource {
  return createDataSource({
    url,
    schema: SCHEMA,
    applicationName: `waba${role === SYSTEM_ROLE ? '-system' : ''}`,
    entities,
    migrations: [
      Initial1763800000000,
      Scale1763900000000,
      TenantKey1764500000000,
      Lists1764720000000,
      HandOver1764800000000,
      Audit1764910000000,
      Lean1765100000000,
      Bundles1765200000000,
    ],
    ...(role && { role }),
    ...(poolSize && { poolSize }),
  });
}
