import type { WebhookDeliveryView } from '@scrm/contracts';
import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What becomes of deliveries that cannot be worked on. */
export const PUT_ASIDE = [
  'quarantined',
  'poison',
  'unrouted',
] as const satisfies WebhookDeliveryView['status'][];

/** What Meta sent, byte for byte, and what became of it. */
@Entity('webhook_delivery')
@Check('webhook_delivery_body', 'body IS NOT NULL OR (bundle_id IS NOT NULL AND place IS NOT NULL)')
@Index('webhook_delivery_trouble', ['status', 'receivedAt'], { where: "status <> 'processed'" })
export class WebhookDelivery {
  /** A UUIDv7 of when it came. An item that was put aside alone has a UUIDv5 of it and the delivery's. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'webhook_delivery_pk' })
  id!: string;

  /** The tenants whose numbers it names. */
  @Column({ name: 'tenant_ids', type: 'uuid', array: true })
  tenantIds!: string[];

  @Column({ name: 'received_at', type: 'timestamptz' })
  receivedAt!: Date;

  /** Null where it is in a bundle. */
  @Column({ type: 'bytea', nullable: true })
  body!: Buffer | null;

  @Column({ name: 'bundle_id', type: 'uuid', nullable: true })
  bundleId!: string | null;

  /** Which of the bundle it is, from 0. */
  @Column({ type: 'integer', nullable: true })
  place!: number | null;

  @Column({ type: 'text' })
  status!: WebhookDeliveryView['status'];

  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  @Column({ name: 'replayed_at', type: 'timestamptz', nullable: true })
  replayedAt!: Date | null;
}

/** The bodies of deliveries that were worked on together. Nothing of it changes, whatever becomes of them. */
@Entity('webhook_bundle')
export class WebhookBundle {
  /** A UUIDv7 of when they were stored, which is after all of them came. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'webhook_bundle_pk' })
  id!: string;

  /** See `bundle.ts`. */
  @Column({ type: 'bytea' })
  bodies!: Buffer;
}

/**
 * How often a delivery that came back was begun. Written before each try, so that a delivery that kills its worker
 * is counted too; gone when it succeeds.
 */
@Entity('webhook_attempt')
export class WebhookAttempt {
  @PrimaryColumn({ name: 'delivery_key', type: 'text', primaryKeyConstraintName: 'webhook_attempt_pk' })
  deliveryKey!: string;

  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  @Column({ name: 'last_at', type: 'timestamptz', default: () => 'now()' })
  lastAt!: Date;
}

/** What Meta tells about accounts, numbers and templates: everything that is no message and no status. */
@Entity('account_event')
@Index('account_event_digest', ['tenantId', 'digest'], { unique: true })
export class AccountEvent {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'account_event_pk' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  /** Meta's webhook field: `message_template_status_update`, ... */
  @Column({ type: 'text' })
  field!: string;

  @Column({ type: 'bytea' })
  digest!: Buffer;

  @Column({ type: 'jsonb' })
  payload!: unknown;

  @Column({ name: 'received_at', type: 'timestamptz', default: () => 'now()' })
  receivedAt!: Date;
}
