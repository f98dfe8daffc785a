import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { SYSTEM_DB } from '../db/data-source';
import { Sender } from './sender.entity';

/** A sender as the roads need it. */
export type KnownSender = Pick<
  Sender,
  | 'id'
  | 'tenantId'
  | 'wabaId'
  | 'phoneNumberId'
  | 'defaultTeamId'
  | 'status'
  | 'messagesPerSecond'
  | 'accessToken'
>;

const FRESH_MS = 5_000;
/** A number that nobody registered is not looked up again before. */
const UNKNOWN_MS = 1_000;

/**
 * All senders by their number, read again every few seconds: they change rarely and every message asks for one. A
 * number that was never asked for is looked up at once.
 */
@Injectable()
export class SenderDirectory {
  private byNumber = new Map<string, KnownSender>();
  /** Numbers that were looked up in vain since the last regular read, and when. */
  private readonly unknown = new Map<string, number>();
  private readAt = 0;
  private reading: Promise<void> | undefined;

  constructor(@Inject(SYSTEM_DB) private readonly database: DataSource) {}

  async byPhoneNumberIds(ids: Iterable<string>): Promise<Map<string, KnownSender>> {
    const now = Date.now();
    if (now - this.readAt > FRESH_MS) {
      this.unknown.clear();
      await this.read();
    }
    const missing = [...ids].filter(
      (id) => !this.byNumber.has(id) && now - (this.unknown.get(id) ?? 0) > UNKNOWN_MS,
    );
    if (missing.length > 0) {
      await this.read();
      for (const id of missing) if (!this.byNumber.has(id)) this.unknown.set(id, now);
    }
    return this.byNumber;
  }

  async tenantOfWaba(wabaId: string): Promise<string | null> {
    await this.byPhoneNumberIds([]);
    for (const sender of this.byNumber.values()) if (sender.wabaId === wabaId) return sender.tenantId;
    return null;
  }

  /** Messages a second of each sender, by its id. */
  async ratesById(): Promise<Map<string, number>> {
    await this.byPhoneNumberIds([]);
    return new Map([...this.byNumber.values()].map((s) => [s.id, s.messagesPerSecond]));
  }

  private read(): Promise<void> {
    this.reading ??= this.database
      .getRepository(Sender)
      .find()
      .then((senders) => {
        this.byNumber = new Map(senders.map((s) => [s.phoneNumberId, s]));
        this.readAt = Date.now();
      })
      .finally(() => (this.reading = undefined));
    return this.reading;
  }
}
