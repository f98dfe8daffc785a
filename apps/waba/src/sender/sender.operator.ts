import type { DataSource } from 'typeorm';

/** What whoever runs the system sees of a number. */
export interface SenderState {
  phoneNumberId: string;
  displayPhoneNumber: string;
  name: string;
  tenantId: string;
  status: 'active' | 'paused';
  pausedReason: string | null;
  /** Messages that are still to be sent. */
  waiting: number;
}

/** The numbers of all tenants, paused ones first; by the system's pool, as no tenant asks. */
export function listSenders(database: DataSource): Promise<SenderState[]> {
  return database.query<SenderState[]>(
    `SELECT s.phone_number_id AS "phoneNumberId", s.display_phone_number AS "displayPhoneNumber", s.name,
            s.tenant_id AS "tenantId", s.status, s.paused_reason AS "pausedReason",
            (SELECT count(*)::int FROM message m WHERE m.sender_id = s.id AND m.status = 'queued') AS waiting
       FROM sender s ORDER BY s.status DESC, s.phone_number_id`,
  );
}

/**
 * Lets a number send again, the oldest of what waits first: the scheduler hints at it within a second.
 *
 * @returns false where no such number is paused
 */
export async function resumeSender(database: DataSource, phoneNumberId: string): Promise<boolean> {
  const [resumed] = await database.query<[unknown[], number]>(
    `UPDATE sender SET status = 'active', paused_reason = NULL
      WHERE phone_number_id = $1 AND status = 'paused' RETURNING id`,
    [phoneNumberId],
  );
  return resumed.length > 0;
}
