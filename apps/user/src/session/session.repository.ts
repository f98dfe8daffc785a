import { Inject, Injectable } from '@nestjs/common';
import { actorOf, recordAudit } from '@scrm/database';
import type { DataSource } from 'typeorm';
import type { TokenSubject } from '../access-token/token-subject';
import { IDENTITY_SYSTEM_DB } from '../db/data-source';
import { ROLE_OF } from '../role/role.entity';
import { RefreshToken } from './refresh-token.entity';
import { Session } from './session.entity';

export type Subject = Omit<TokenSubject, 'sessionId'>;

/**
 * An agent as sign-in sees them. `admitted`: neither they nor their tenant are shut out. `hasMfa`: there is a second
 * factor; `needsMfa`: their role must have one. `ssoOnly`: their business signs in at its identity provider; admins may
 * have to mend that, so they need not.
 */
export type Credential = Subject & {
  passwordHash: string | null;
} & Record<'admitted' | 'hasMfa' | 'needsMfa' | 'ssoOnly', boolean>;

/** How somebody showed who they are. By their identity provider: what else it asks for is up to it. */
export type Proof = { passwordHash: string; mfa: boolean } | 'sso';

/** What became of a refresh token: its session goes on for this agent, or it does not; `ended` is one that ended now. */
export type Rotation =
  | { outcome: 'rotated'; subject: TokenSubject }
  | { outcome: 'refused'; ended?: string }
  | { outcome: 'reused'; ended: string };

/** Two tabs that refresh at the same moment are no thief: a token that was used just now still counts. */
const RACE_GRACE = '10 seconds';

const SUBJECT = `
  a.id AS "agentId", a.tenant_id AS "tenantId", ${ROLE_OF} AS role, r.grants, a.access_version AS "agentVersion",
  t.access_version AS "tenantVersion",
  ARRAY(SELECT m.team_id FROM team_member m
        WHERE m.tenant_id = a.tenant_id AND m.agent_id = a.id ORDER BY m.team_id) AS "teamIds",
  a.status = 'active' AND t.status = 'active' AS admitted`;

const HAS_MFA = 'EXISTS (SELECT 1 FROM mfa_totp f WHERE f.agent_id = a.id AND f.confirmed_at IS NOT NULL)';
const NEEDS_MFA = `${ROLE_OF} = ANY(t.mfa_required_roles)`;

const HAS_SSO = 'EXISTS (SELECT 1 FROM sso_connection c WHERE c.tenant_id = a.tenant_id AND c.enabled)';
const SSO_CONNECTION = `
  SELECT 1 FROM sso_connection WHERE tenant_id = (SELECT tenant_id FROM agent WHERE id = $1) FOR SHARE`;

type NewSession = Pick<Session, 'id' | 'agentId' | 'userAgent' | 'ip'>;

/** Acts before a tenant is known, with the system role. */
@Injectable()
export class SessionRepository {
  constructor(@Inject(IDENTITY_SYSTEM_DB) private readonly db: DataSource) {}

  async findCredential(by: 'email' | 'id', value: string): Promise<Credential | undefined> {
    const [row] = await this.db.query<Credential[]>(
      `SELECT ${SUBJECT}, a.password_hash AS "passwordHash", ${HAS_MFA} AS "hasMfa", ${NEEDS_MFA} AS "needsMfa",
              a.role <> 'admin' AND EXISTS (SELECT 1 FROM sso_connection c
                WHERE c.tenant_id = a.tenant_id AND c.enabled AND c.enforced) AS "ssoOnly"
         FROM agent a JOIN tenant t ON t.id = a.tenant_id LEFT JOIN role r ON r.id = a.role_id
        WHERE a.${by} = $1`,
      [value],
    );
    return row;
  }

  /** Undefined where they, or their tenant, are shut out. */
  async findAdmitted(agentId: string): Promise<Subject | undefined> {
    const [row] = await this.db.query<(Subject & { admitted: boolean })[]>(
      `SELECT ${SUBJECT} FROM agent a JOIN tenant t ON t.id = a.tenant_id LEFT JOIN role r ON r.id = a.role_id
        WHERE a.id = $1`,
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
   * @param options.proof `mfa`: a second factor was used, too
   * @returns false where the password is another one now, it takes a second factor now, or the agent is out
   */
  create(
    { id, agentId, userAgent, ip }: NewSession,
    { token, proof, days }: { token: Buffer; proof: Proof; days: number },
  ): Promise<boolean> {
    const bySso = proof === 'sso';
    const { passwordHash, mfa } = bySso ? { passwordHash: null, mfa: false } : proof;
    return this.db.transaction(async (manager) => {
      // On its own: what is asked next sees all that was committed before the lock was free.
      await manager.query('SELECT 1 FROM agent WHERE id = $1 FOR SHARE', [agentId]);
      // Likewise the connection: one that is switched off ends the sessions it opened, or is seen here.
      if (bySso) await manager.query(SSO_CONNECTION, [agentId]);
      const [created] = await manager.query<{ tenantId: string }[]>(
        `INSERT INTO session (id, tenant_id, agent_id, user_agent, ip, expires_at, by_sso)
         SELECT $1, a.tenant_id, a.id, $3, $4, now() + $5 * interval '1 day', $6
           FROM agent a JOIN tenant t ON t.id = a.tenant_id
          WHERE a.id = $2 AND a.status = 'active'
            AND (($6 AND ${HAS_SSO}) OR a.password_hash = $7 AND ($8 OR NOT (${HAS_MFA} OR ${NEEDS_MFA})))
         RETURNING tenant_id AS "tenantId"`,
        [id, agentId, userAgent, ip, days, bySso, passwordHash, mfa],
      );
      if (!created) return false;
      const { tenantId } = created;
      await manager.insert(RefreshToken, { hash: token, sessionId: id, tenantId });
      await recordAudit(manager, {
        by: actorOf({ tenantId, agentId }),
        action: 'session.created',
        target: { kind: 'session', id },
      });
      return true;
    });
  }

  /** Trades a token for the next one of its session. Who comes with one that was traded before ends the session. */
  rotate(token: Buffer, next: Buffer): Promise<Rotation> {
    return this.db.transaction(async (manager): Promise<Rotation> => {
      const [found] = await manager.query<
        (TokenSubject & Record<'admitted' | 'alive' | 'stale' | 'mayGoOn', boolean>)[]
      >(
        // Both rows are locked, so racing requests see each other's trade and each other's revocation.
        `SELECT ${SUBJECT}, s.id AS "sessionId", s.by_sso OR ${HAS_MFA} OR NOT ${NEEDS_MFA} AS "mayGoOn",
                s.revoked_at IS NULL AND s.expires_at > now() AS alive,
                k.used_at IS NOT NULL AND k.used_at < now() - interval '${RACE_GRACE}' AS stale
           FROM refresh_token k
           JOIN session s ON s.id = k.session_id
           JOIN agent a ON a.id = s.agent_id
           JOIN tenant t ON t.id = a.tenant_id
           LEFT JOIN role r ON r.id = a.role_id
          WHERE k.hash = $1
            FOR UPDATE OF k, s`,
        [token],
      );
      if (!found?.alive) return { outcome: 'refused' };
      const { admitted, alive: _, stale, mayGoOn, ...subject } = found;
      const { sessionId, tenantId } = subject;
      if (stale || !admitted || !mayGoOn) {
        await manager.query('UPDATE session SET revoked_at = now() WHERE id = $1', [sessionId]);
        await recordAudit(manager, {
          by: { kind: 'system', tenantId },
          action: 'session.ended',
          target: { kind: 'agent', id: subject.agentId },
          after: { sessionIds: [sessionId], reason: stale ? 'a used refresh token came again' : 'shut out' },
        });
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
