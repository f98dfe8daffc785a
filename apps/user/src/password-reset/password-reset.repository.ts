import { Inject, Injectable } from '@nestjs/common';
import type { Revocation } from '@scrm/contracts';
import { actorOf, recordAudit } from '@scrm/database';
import type { DataSource, EntityManager } from 'typeorm';
import { endSessionsOf } from '../access/access.repository';
import { IDENTITY_SYSTEM_DB } from '../db/data-source';

/** An account whose password may be set anew. */
export interface Account {
  agentId: string;
  tenantId: string;
  name: string;
  email: string;
}

const ACCOUNT = `a.id AS "agentId", a.tenant_id AS "tenantId", a.name, a.email`;
const ADMITTED = `a.status = 'active' AND t.status = 'active'`;

/** Acts before a tenant is known, with the system role. */
@Injectable()
export class PasswordResetRepository {
  constructor(@Inject(IDENTITY_SYSTEM_DB) private readonly db: DataSource) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.db.transaction(work);
  }

  /** The same work for every email, whoever has it. */
  async ask(email: string): Promise<void> {
    await this.db.query(
      'INSERT INTO password_reset_request (email) VALUES ($1) ON CONFLICT (email) DO NOTHING',
      [email],
    );
  }

  /** Undefined where the link was used or replaced, has expired, or is for somebody who is out. */
  async find(hash: Buffer): Promise<Account | undefined> {
    const [account] = await this.db.query<Account[]>(OPEN, [hash]);
    return account;
  }
}

const OPEN = `
  SELECT ${ACCOUNT} FROM password_reset r JOIN agent a ON a.id = r.agent_id JOIN tenant t ON t.id = a.tenant_id
   WHERE r.hash = $1 AND r.expires_at > now() AND ${ADMITTED}`;

/** Takes so many requests that nobody else takes: the emails as they were typed. */
export async function takeRequests(manager: EntityManager, most: number): Promise<string[]> {
  const [taken] = await manager.query<[{ email: string }[], number]>(
    // An array, not a join: it is looked for once, whatever the plan.
    `DELETE FROM password_reset_request WHERE email = ANY(ARRAY(
       SELECT email FROM password_reset_request ORDER BY email LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING email`,
    [most],
  );
  return taken.map(({ email }) => email);
}

/** Those of them whose account may be used; locked, in one order. */
export function lockAccounts(manager: EntityManager, emails: string[]): Promise<Account[]> {
  return manager.query<Account[]>(
    `SELECT ${ACCOUNT} FROM agent a JOIN tenant t ON t.id = a.tenant_id
      WHERE a.email = ANY($1) AND ${ADMITTED} ORDER BY a.id FOR UPDATE OF a`,
    [emails],
  );
}

/** In place of the one before. */
export async function replaceReset(
  manager: EntityManager,
  { agentId, tenantId }: Account,
  { hash, expiresAt }: { hash: Buffer; expiresAt: Date },
) {
  await manager.query(
    `INSERT INTO password_reset (agent_id, tenant_id, hash, expires_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (agent_id) DO UPDATE SET hash = $3, expires_at = $4`,
    [agentId, tenantId, hash, expiresAt],
  );
}

/**
 * Sets the password and ends all sessions. The agent's row is locked first, so whoever signs in with the old password at
 * this moment is seen here, or sees the new one.
 *
 * @param also done in the same transaction
 * @returns whose it was, and the sessions that ended; undefined where the link is over
 */
export async function useReset(
  manager: EntityManager,
  hash: Buffer,
  passwordHash: string,
  also: (account: Account) => Promise<unknown>,
): Promise<{ account: Account; ended: Revocation[] } | undefined> {
  const [account] = await manager.query<Account[]>(`${OPEN} FOR UPDATE OF a`, [hash]);
  if (!account) return undefined;
  const [, used] = await manager.query<[unknown[], number]>('DELETE FROM password_reset WHERE hash = $1', [
    hash,
  ]);
  if (used === 0) return undefined;
  const { tenantId, agentId } = account;
  await manager.query('UPDATE agent SET password_hash = $2, password_set_at = now() WHERE id = $1', [
    agentId,
    passwordHash,
  ]);
  const ended = await endSessionsOf(manager, tenantId, [agentId]);
  await also(account);
  await recordAudit(manager, {
    by: actorOf({ tenantId, agentId }),
    action: 'password.reset',
    target: { kind: 'agent', id: agentId },
  });
  return { account, ended };
}
