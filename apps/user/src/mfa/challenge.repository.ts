import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { IDENTITY_SYSTEM_DB } from '../db/data-source';
import { SignInChallenge } from './mfa.entity';

export const CHALLENGE_TTL_S = 300;
/** So many wrong codes, and the password is asked for again. */
const MOST_TRIES = 5;

export type OpenChallenge = Pick<SignInChallenge, 'tenantId' | 'agentId' | 'passwordDigest'>;
type NewChallenge = Pick<SignInChallenge, 'hash' | 'tenantId' | 'agentId' | 'kind' | 'passwordDigest'>;

const IS_OPEN = `hash = $1 AND expires_at > now() AND tries < ${MOST_TRIES}`;

/** Acts before somebody is signed in, with the system role. */
@Injectable()
export class ChallengeRepository {
  constructor(@Inject(IDENTITY_SYSTEM_DB) private readonly db: DataSource) {}

  async insert(challenge: NewChallenge): Promise<void> {
    const { hash, tenantId, agentId, kind, passwordDigest } = challenge;
    await this.db.query('DELETE FROM sign_in_challenge WHERE agent_id = $1 AND expires_at <= now()', [
      agentId,
    ]);
    await this.db.query(
      `INSERT INTO sign_in_challenge (hash, tenant_id, agent_id, kind, password_digest, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + interval '${CHALLENGE_TTL_S} seconds')`,
      [hash, tenantId, agentId, kind, passwordDigest],
    );
  }

  async find(hash: Buffer, kind: SignInChallenge['kind']): Promise<OpenChallenge | undefined> {
    const [row] = await this.db.query<OpenChallenge[]>(
      `SELECT tenant_id AS "tenantId", agent_id AS "agentId", password_digest AS "passwordDigest"
         FROM sign_in_challenge WHERE ${IS_OPEN} AND kind = $2`,
      [hash, kind],
    );
    return row;
  }

  /** @returns false where it is over */
  async countTry(hash: Buffer): Promise<boolean> {
    const [, counted] = await this.db.query<[unknown[], number]>(
      `UPDATE sign_in_challenge SET tries = tries + 1 WHERE ${IS_OPEN}`,
      [hash],
    );
    return counted > 0;
  }

  /** Once: of two that come with it at the same moment, one hears true. */
  async consume(hash: Buffer, manager: EntityManager): Promise<boolean> {
    const [, deleted] = await manager.query<[unknown[], number]>(
      'DELETE FROM sign_in_challenge WHERE hash = $1 AND expires_at > now()',
      [hash],
    );
    return deleted > 0;
  }

  async end(hash: Buffer): Promise<void> {
    await this.db.query('DELETE FROM sign_in_challenge WHERE hash = $1', [hash]);
  }
}
