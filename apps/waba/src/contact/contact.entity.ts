import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * A customer (or a group of them). WhatsApp knows a person by `user_id` first; the phone number is an alias that may
 * be missing, come later, or move to another person.
 */
@Entity('contact')
@Index('contact_user_id', ['tenantId', 'userId'], { unique: true, where: 'user_id IS NOT NULL' })
@Index('contact_wa_id', ['tenantId', 'waId'], { unique: true, where: 'wa_id IS NOT NULL' })
@Index('contact_group_id', ['tenantId', 'groupId'], { unique: true, where: 'group_id IS NOT NULL' })
export class Contact {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'contact_pk' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  /** As the company calls them. */
  @Column({ type: 'text', nullable: true })
  name!: string | null;

  /** As they call themselves on WhatsApp. */
  @Column({ name: 'profile_name', type: 'text', nullable: true })
  profileName!: string | null;

  @Column({ type: 'text', nullable: true })
  username!: string | null;

  @Column({ name: 'wa_id', type: 'text', nullable: true })
  waId!: string | null;

  @Column({ name: 'user_id', type: 'text', nullable: true })
  userId!: string | null;

  @Column({ name: 'parent_user_id', type: 'text', nullable: true })
  parentUserId!: string | null;

  @Column({ name: 'group_id', type: 'text', nullable: true })
  groupId!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
