import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { TokenSubject } from '../access-token/token-subject';
import { IDENTITY_SYSTEM_DB } from '../db/data-source';
import { RefreshToken } from './refresh-token.entity';
import { Session } from './session.entity';

export type Subject = Omit<TokenSubject, 'sessionId'>;

/** An agent as sign-in sees them. `admitted`: neither they nor their tenant are shut out. */
export type Credential = Subject & {
  passwordHash: string | null;
  admitted: boolean;
  /** Their business signs in at its identity provider; admins may have to mend that, so they need not. */
  ssoOnly: boolean;
};

/** What became of a refresh token: its session goes on for this agent, or it does not; `ended` is one that ended now. */
export type Rotation =
  | { outcome: 'rotated'; subject: TokenSubject }
  | { outcome: 'refused'; ended?: string }
  | { outcome: 'reused'; ended: string };

/** Two tabs that refresh at the same moment are no thief: a token that was used just now still counts. */
const RACE_GRACE = '10 seconds';

const SUBJECT = `
  a.id AS "agentId", a.tenant_id AS "tenantId", a.role, a.access_version AS "agentVersion",
  t.access_version AS "tenantVersion",
  ARRAY(SELECT m.team_id FROM team_member m
        WHERE m.tenant_id = a.tenant_id AND m.agent_id = a.id ORDER BY m.team_id) AS "teamIds",
  a.status = 'active' AND t.status = 'active' AS admitted`;

type NewSession = Pick<Session, 'id' | 'agentId' | 'userAgent' | 'ip'>;

/** Acts before a tenant is known, with the system role. */
@Injectable()
export class SessionRepository {
  constructor(@Inject(IDENTITY_SYSTEM_DB) private readonly db: DataSource) {}

  async findCredential(email: string): Promise<Credential | undefined> {
    const [row] = await this.db.query<Credential[]>(
      `SELECT ${SUBJECT}, a.password_hash AS "passwordHash",
              a.role <> 'admin' AND EXISTS (SELECT 1 FROM sso_connection c
                WHERE c.tenant_id = a.tenant_id AND c.enabled AND c.enforced) AS "ssoOnly"
         FROM agent a JOIN tenant t ON t.id = a.tenant_id
        WHERE a.email = $1`,
      [email],
    );
    return row;
  }

  /** Undefined where they, or their tenant, are shut out. */
  async findAdmitted(agentId: string): Promise<Subject | undefined> {
    const [row] = await this.db.query<(Subject & { admitted: boolean })[]>(
      `SELECT ${SUBJECT} FROM agent a JOIN tenant t ON t.id = a.tenant_id WHERE a.id = $1`,
      [agentId],
    );
    if (!row?.admitted) return undefined;
    const { admitted: _, ...subject } = row;
    return subject;
  }

  /**
   * The agent's row is locked, so a password that is changed, or an agent who is deactivated, at this moment either sees
   * the session and ends it, or is seen here.
   *
   * @param options.passwordHash the password that was looked at; null where it was not by one
   * @returns false where the password is another one now, or the agent is out
   */
  create(
    { id, agentId, userAgent, ip }: NewSession,
    { token, passwordHash, days }: { token: Buffer; passwordHash: string | null; days: number },
  ): Promise<boolean> {
    return this.db.transaction(async (manager) => {
      const [created] = await manager.query<{ tenantId: string }[]>(
        `INSERT INTO session (id, tenant_id, agent_id, user_agent, ip, expires_at)
         SELECT $1, a.tenant_id, a.id, $3, $4, now() + $5 * interval '1 day'
           FROM agent a WHERE a.id = $2 AND ($6::text IS NULL OR a.password_hash = $6) AND a.status = 'active' FOR SHARE
         RETURNING tenant_id AS "tenantId"`,
        [id, agentId, userAgent, ip, days, passwordHash],
      );
      if (!created) return false;
      await manager.insert(RefreshToken, { hash: token, sessionId: id, tenantId: created.tenantId });
      return true;
    });
  }

  /** Trades a token for the next one of its session. Who comes with one that was traded before ends the session. */
  rotate(token: Buffer, next: Buffer): Promise<Rotation> {
    return this.db.transaction(async (manager): Promise<Rotation> => {
      const [found] = await manager.query<(TokenSubject & Record<'admitted' | 'alive' | 'stale', boolean>)[]>(
        // Both rows are locked, so racing requests see each other's trade and each other's revocation.
        `SELECT ${SUBJECT}, s.id AS "sessionId",
                s.revoked_at IS NULL AND s.expires_at > now() AS alive,
                r.used_at IS NOT NULL AND r.used_at < now() - interval '${RACE_GRACE}' AS stale
           FROM refresh_token r
           JOIN session s ON s.id = r.session_id
           JOIN agent a ON a.id = s.agent_id
           JOIN tenant t ON t.id = a.tenant_id
          WHERE r.hash = $1
            FOR UPDATE OF r, s`,
        [token],
      );
      if (!found?.alive) return { outcome: 'refused' };
      const { admitted, alive: _, stale, ...subject } = found;
      const { sessionId, tenantId } = subject;
      if (stale || !admitted) {
        await manager.query('UPDATE session SET revoked_at = now() WHERE id = $1', [sessionId]);
        return { outcome: stale ? 'reused' : 'refused', ended: sessionId };
      }
      await manager.insert(RefreshToken, { hash: next, sessionId, tenantId });
      await manager.query(
        'UPDATE refresh_token SET used_at = now(), replaced_by = $2 WHERE hash = $1 AND used_at IS NULL',
        [token, next],
      );
      await manager.query('UPDATE session SET last_used_at = now() WHERE id = $1', [sessionId]);
      return { outcome: 'rotated', subject };
    });
  }
}
