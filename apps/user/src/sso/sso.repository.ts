import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { IDENTITY_SYSTEM_DB } from '../db/data-source';

/** A connection as sign-in sees it. */
export interface ActiveConnection {
  tenantId: string;
  issuer: string;
  clientId: string;
  clientSecret: Buffer;
  domains: string[];
}

export interface NewState {
  hash: Buffer;
  tenantId: string;
  browserHash: Buffer;
  issuer: string;
  nonce: string;
  verifier: string;
}
export type TakenState = Omit<NewState, 'hash'>;

const ACTIVE = `
  SELECT c.tenant_id AS "tenantId", c.issuer, c.client_id AS "clientId", c.client_secret AS "clientSecret", c.domains
    FROM sso_connection c JOIN tenant t ON t.id = c.tenant_id AND t.status = 'active'`;

/** Acts before anybody is signed in, with the system role. */
@Injectable()
export class SsoRepository {
  constructor(@Inject(IDENTITY_SYSTEM_DB) private readonly db: DataSource) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.db.transaction(work);
  }

  async findOfTenant(tenantId: string): Promise<ActiveConnection | undefined> {
    const sql = `${ACTIVE} WHERE c.enabled AND c.tenant_id = $1`;
    return (await this.db.query<ActiveConnection[]>(sql, [tenantId]))[0];
  }

  /** Of the tenant whose active agent has this email. */
  async findOfAgent(email: string): Promise<ActiveConnection | undefined> {
    const sql = `${ACTIVE} JOIN agent a ON a.tenant_id = c.tenant_id AND a.email = $1 AND a.status = 'active'
      WHERE c.enabled`;
    return (await this.db.query<ActiveConnection[]>(sql, [email]))[0];
  }

  async keep(
    { hash, tenantId, browserHash, issuer, nonce, verifier }: NewState,
    minutes: number,
  ): Promise<Date> {
    const [row] = await this.db.query<{ expiresAt: Date }[]>(
      `INSERT INTO sso_state (hash, tenant_id, browser_hash, issuer, nonce, verifier, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 minute') RETURNING expires_at AS "expiresAt"`,
      [hash, tenantId, browserHash, issuer, nonce, verifier, minutes],
    );
    return row!.expiresAt;
  }

  /** Once, whatever comes of it. */
  async take(hash: Buffer): Promise<TakenState | undefined> {
    const [taken] = await this.db.query<[(TakenState & { isAlive: boolean })[], number]>(
      `DELETE FROM sso_state WHERE hash = $1
       RETURNING tenant_id AS "tenantId", browser_hash AS "browserHash", issuer, nonce, verifier,
                 expires_at > now() AS "isAlive"`,
      [hash],
    );
    return taken[0]?.isAlive ? taken[0] : undefined;
  }

  async forgetExpired(): Promise<void> {
    if (this.db.isInitialized) await this.db.query('DELETE FROM sso_state WHERE expires_at <= now()');
  }
}

interface Subject {
  tenantId: string;
  issuer: string;
  subject: string;
}

export async function findLinked(manager: EntityManager, { tenantId, issuer, subject }: Subject) {
  const [row] = await manager.query<{ agentId: string }[]>(
    `SELECT agent_id AS "agentId" FROM sso_identity WHERE tenant_id = $1 AND issuer = $2 AND subject = $3`,
    [tenantId, issuer, subject],
  );
  return row?.agentId;
}

/** Locked, so that two who come by one email at the same moment are not both linked to it. */
export async function lockByEmail(manager: EntityManager, tenantId: string, email: string) {
  const [row] = await manager.query<{ agentId: string }[]>(
    `SELECT id AS "agentId" FROM agent WHERE tenant_id = $1 AND email = $2 AND status = 'active' FOR UPDATE`,
    [tenantId, email],
  );
  return row?.agentId;
}

/** @returns false where the agent is somebody else at this provider */
export async function link(manager: EntityManager, agentId: string, { tenantId, issuer, subject }: Subject) {
  const linked = await manager.query<unknown[]>(
    `INSERT INTO sso_identity (tenant_id, issuer, subject, agent_id) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING RETURNING agent_id`,
    [tenantId, issuer, subject, agentId],
  );
  return linked.length > 0;
}
