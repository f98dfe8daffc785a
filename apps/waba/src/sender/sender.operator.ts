import { recordAudit } from '@scrm/database';
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
  return database.transaction(async (manager) => {
    const [[resumed]] = await manager.query<[{ id: string; tenant_id: string }[], number]>(
      `UPDATE sender SET status = 'active', paused_reason = NULL
        WHERE phone_number_id = $1 AND status = 'paused' RETURNING id, tenant_id`,
      [phoneNumberId],
    );
    if (!resumed) return false;
    const { id, tenant_id: tenantId } = resumed;
    const target = { kind: 'sender', id };
    await recordAudit(manager, { by: { kind: 'operator', tenantId }, action: 'sender.resumed', target });
    return true;
  });
}
