import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { SessionTokens } from '@scrm/contracts';
import { AppError, counter, LOGGER, type Logger } from '@scrm/platform';
import { v7 as uuidv7 } from 'uuid';
import { AccessTokenService } from '../access-token/access-token.service';
import type { TokenSubject } from '../access-token/token-subject';
import { USER_CONFIG, type UserConfig } from '../config';
import { PasswordService } from '../password/password.service';
import { SessionRepository } from './session.repository';

const REFRESH_TOKEN = /^[\w-]{43}$/;

const signIns = counter('user_sign_ins_total', 'Attempts to sign in', ['outcome']);
const refreshes = counter('user_token_refreshes_total', 'Refresh tokens that came in', ['outcome']);

@Injectable()
export class SessionService {
  constructor(
    @Inject(USER_CONFIG) private readonly config: UserConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly sessions: SessionRepository,
    private readonly passwords: PasswordService,
    private readonly accessTokens: AccessTokenService,
  ) {}

  /** Who may not come in, for whatever reason, hears the same thing after the same time. */
  async create({ email, password }: { email: string; password: string }): Promise<SessionTokens> {
    const credential = await this.sessions.findCredential(email.trim().toLowerCase());
    const matches = await this.passwords.matches(password, credential?.passwordHash);
    if (!credential || !matches || !credential.admitted) {
      signIns.inc({ outcome: 'refused' });
      throw new AppError('invalid_credentials', 'The email or the password is wrong.');
    }
    const { agentId, tenantId, role, teamIds } = credential;
    const sessionId = uuidv7();
    const refreshToken = newRefreshToken();
    const days = this.config.REFRESH_TOKEN_TTL_DAYS;
    await this.sessions.create({ id: sessionId, tenantId, agentId }, digest(refreshToken), days);
    signIns.inc({ outcome: 'ok' });
    return this.answer({ agentId, tenantId, role, teamIds, sessionId }, refreshToken);
  }

  async refresh(refreshToken: string): Promise<SessionTokens> {
    const next = newRefreshToken();
    const rotation = REFRESH_TOKEN.test(refreshToken)
      ? await this.sessions.rotate(digest(refreshToken), digest(next))
      : ({ outcome: 'refused' } as const);
    refreshes.inc({ outcome: rotation.outcome });
    if (rotation.outcome === 'rotated') return this.answer(rotation.subject, next);
    if (rotation.outcome === 'reused') this.logger.warn('a used refresh token came again: session revoked');
    throw new AppError('unauthenticated', 'The session has ended: sign in again.');
  }

  private async answer(subject: TokenSubject, refreshToken: string): Promise<SessionTokens> {
    return { ...(await this.accessTokens.issue(subject)), refreshToken };
  }
}

const newRefreshToken = () => randomBytes(32).toString('base64url');
const digest = (token: string) => createHash('sha256').update(token).digest();
