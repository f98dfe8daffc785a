import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { IDENTITY_SYSTEM_DB } from '../db/data-source';
import type { Letter } from './letter';
import type { MailKind } from './mail.entity';

/** So many mails of a kind get to an agent in an hour, whoever asks for them. */
const MOST_AN_HOUR = 3;
const HOUR = `interval '1 hour'`;
/** Longer than any attempt takes: whoever claimed a mail and died does not keep it. */
const LEASE = `interval '60 seconds'`;
/** 5, 10, 20 seconds and so on, up to an hour. */
const WAIT = `least(3600, 5 * power(2, least(attempts, 20) - 1)) * interval '1 second'`;

/** The one that was claimed, where no other took its place meanwhile. */
const SAME = 'agent_id = $1 AND kind = $2 AND id = $3';
const keyOf = ({ agentId, kind, id }: ClaimedMail) => [agentId, kind, id];

export interface NewMail {
  id: string;
  kind: MailKind;
  tenantId: string;
  agentId: string;
  name: string;
  address: string;
  letter: Letter;
  expiresAt: Date;
}

/** A mail that is one process's to send. */
export interface ClaimedMail {
  id: string;
  agentId: string;
  kind: MailKind;
  name: string;
  address: string;
  letter: Letter;
  attempts: number;
}

/** What is to be sent; with the system role, as it is of all tenants. */
@Injectable()
export class MailRepository {
  constructor(@Inject(IDENTITY_SYSTEM_DB) private readonly db: DataSource) {}

  /** The mail that has waited longest, for this process alone: others pass over it until the lease ends. */
  async claim(): Promise<ClaimedMail | undefined> {
    if (!this.db.isInitialized) return undefined;
    const [[mail]] = await this.db.query<[ClaimedMail[], number]>(
      // Compared, not joined: a join may look for the one again for each row, and passes over what it has changed by then.
      `UPDATE mail SET attempts = attempts + 1, next_attempt_at = now() + ${LEASE}
        WHERE (agent_id, kind) = (SELECT agent_id, kind FROM mail WHERE next_attempt_at <= now() AND expires_at > now()
                                   ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING id, agent_id AS "agentId", kind, name, address, letter, attempts`,
    );
    return mail;
  }

  /** It was sent, or nobody will ever take it: what it says is kept no longer. */
  async settle(mail: ClaimedMail): Promise<void> {
    await this.db.query(`UPDATE mail SET letter = NULL, next_attempt_at = NULL WHERE ${SAME}`, keyOf(mail));
  }

  async postpone(mail: ClaimedMail): Promise<void> {
    await this.db.query(`UPDATE mail SET next_attempt_at = now() + ${WAIT} WHERE ${SAME}`, keyOf(mail));
  }

  /** @returns the kinds of those that were never sent, and are over now */
  async giveUp(): Promise<MailKind[]> {
    if (!this.db.isInitialized) return [];
    const [over] = await this.db.query<[{ kind: MailKind }[], number]>(
      `UPDATE mail SET letter = NULL, next_attempt_at = NULL
        WHERE next_attempt_at IS NOT NULL AND expires_at <= now() RETURNING kind`,
    );
    await this.db.query(
      `DELETE FROM mail WHERE next_attempt_at IS NULL AND counted_since <= now() - ${HOUR}`,
    );
    return over.map(({ kind }) => kind);
  }
}

/**
 * Takes the place of one that was not sent yet: a link in that one is over, too. In the caller's transaction.
 *
 * @returns false where the agent had enough of them in the last hour
 */
export async function insertMail(manager: EntityManager, mail: NewMail): Promise<boolean> {
  const { id, kind, tenantId, agentId, name, address, expiresAt } = mail;
  const rows = await manager.query<unknown[]>(
    `INSERT INTO mail AS m (agent_id, kind, tenant_id, id, name, address, letter, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (agent_id, kind) DO UPDATE
        SET id = $4, name = $5, address = $6, letter = $7, expires_at = $8, attempts = 0, next_attempt_at = now(),
            counted = CASE WHEN m.counted_since <= now() - ${HOUR} THEN 1 ELSE m.counted + 1 END,
            counted_since = CASE WHEN m.counted_since <= now() - ${HOUR} THEN now() ELSE m.counted_since END
      WHERE m.counted < ${MOST_AN_HOUR} OR m.counted_since <= now() - ${HOUR}
     RETURNING m.agent_id`,
    [agentId, kind, tenantId, id, name, address, JSON.stringify(mail.letter), expiresAt],
  );
  return rows.length > 0;
}
