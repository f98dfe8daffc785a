import { Inject, Injectable } from '@nestjs/common';
import type {
  Principal,
  RpcRequest,
  sessionCreate,
  sessionList,
  sessionRevoke,
  SessionTokens,
  SessionView,
} from '@scrm/contracts';
import { AppError, counter, LOGGER, type Logger } from '@scrm/platform';
import { v7 as uuidv7 } from 'uuid';
import { AccessService } from '../access/access.service';
import { AccessTokenService } from '../access-token/access-token.service';
import type { TokenSubject } from '../access-token/token-subject';
import { USER_CONFIG, type UserConfig } from '../config';
import { challengeOver, ChallengeService, isOfPassword } from '../mfa/challenge.service';
import type { OpenChallenge } from '../mfa/challenge.repository';
import { PasswordService } from '../password/password.service';
import { digest, newToken } from '../secret-token';
import { SignInGuard } from '../sign-in/sign-in-guard';
import { OWN_SESSIONS, OwnSessionRepository } from './own-session.repository';
import { SessionRepository, type Credential, type Proof, type Subject } from './session.repository';

const REFRESH_TOKEN = /^[\w-]{43}$/;

const signIns = counter('user_sign_ins_total', 'Attempts to sign in', ['outcome']);
const refreshes = counter('user_token_refreshes_total', 'Refresh tokens that came in', ['outcome']);

interface Device {
  userAgent?: string | null;
  ip?: string | null;
}

@Injectable()
export class SessionService {
  constructor(
    @Inject(USER_CONFIG) private readonly config: UserConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly sessions: SessionRepository,
    private readonly own: OwnSessionRepository,
    private readonly access: AccessService,
    private readonly passwords: PasswordService,
    private readonly guard: SignInGuard,
    private readonly challenges: ChallengeService,
    private readonly accessTokens: AccessTokenService,
  ) {}

  /**
   * Who may not come in, for whatever reason, hears the same thing after the same time.
   *
   * @throws AppError invalid_credentials; too_many_requests after many wrong passwords, or where many sign in;
   * mfa_required and mfa_enrolment_required, with a challenge
   */
  async create({ email, password, userAgent, ip }: RpcRequest<typeof sessionCreate>): Promise<SessionTokens> {
    // PostgreSQL takes no NUL, and nobody has an email with what stands for it.
    const account = email.trim().toLowerCase().replaceAll('\0', '\ufffd');
    let credential: Credential | undefined;
    const isRight = await this.guard.watch({ account, address: ip ?? '' }, async () => {
      credential = await this.sessions.findCredential('email', account);
      const matches = await this.passwords.matches(password, credential?.passwordHash ?? undefined);
      return matches && credential?.admitted === true;
    });
    if (!isRight || !credential?.passwordHash) return answered(null);
    if (credential.ssoOnly)
      throw new AppError('sso_required', 'Your business signs in at its identity provider.');
    const { passwordHash, hasMfa, needsMfa } = credential;
    if (hasMfa || needsMfa) {
      signIns.inc({ outcome: 'half' });
      throw await this.challenges.issue(credential, passwordHash, hasMfa ? 'code' : 'enrolment');
    }
    return answered(await this.open(subjectOf(credential), { passwordHash, mfa: false }, { userAgent, ip }));
  }

  /**
   * For whoever passed a challenge.
   *
   * @throws AppError invalid_credentials, where the password is another one by now; challenge_over, where passwords are
   * good for nothing any more
   */
  async openPassed(passed: OpenChallenge, device: Device): Promise<SessionTokens> {
    const credential = await this.holderOf(passed);
    if (!credential) return answered(null);
    const { passwordHash, ssoOnly } = credential;
    if (ssoOnly) throw challengeOver();
    return answered(await this.open(subjectOf(credential), { passwordHash, mfa: true }, device));
  }

  /** Whose challenge it is; null where their password is another one by now, or they are out. */
  async holderOf(passed: OpenChallenge): Promise<(Credential & { passwordHash: string }) | null> {
    const credential = await this.sessions.findCredential('id', passed.agentId);
    const passwordHash = credential?.passwordHash;
    if (!credential?.admitted || !passwordHash || !isOfPassword(passed, passwordHash)) return null;
    return { ...credential, passwordHash };
  }

  /** For an agent who has shown in another way who they are. @returns null where they are out */
  async openFor(agentId: string, device: Device): Promise<SessionTokens | null> {
    const subject = await this.sessions.findAdmitted(agentId);
    const tokens = subject ? await this.open(subject, 'sso', device) : null;
    signIns.inc({ outcome: tokens ? 'ok' : 'refused' });
    return tokens;
  }

  async refresh(refreshToken: string): Promise<SessionTokens> {
    const next = newToken();
    const rotation = REFRESH_TOKEN.test(refreshToken)
      ? await this.sessions.rotate(digest(refreshToken), digest(next))
      : ({ outcome: 'refused' } as const);
    refreshes.inc({ outcome: rotation.outcome });
    if (rotation.outcome === 'rotated') return this.answer(rotation.subject, next);
    // Whoever has the tokens of an ended session has its access token, too.
    if ('ended' in rotation && rotation.ended)
      await this.access.announce([{ kind: 'session', id: rotation.ended }]);
    if (rotation.outcome === 'reused') this.logger.warn('a used refresh token came again: session revoked');
    throw new AppError('unauthenticated', 'The session has ended: sign in again.');
  }

  async list(
    { tenantId, agentId, sessionId }: Principal,
    { cursor, sort, limit = 30, q }: RpcRequest<typeof sessionList>,
  ): Promise<{ items: SessionView[]; nextCursor: string | null }> {
    const place = OWN_SESSIONS.place(sort, cursor);
    const sessions = await this.own.alive(tenantId, agentId, place, { limit, q });
    return OWN_SESSIONS.page(sessions, limit, place, (s) => ({
      id: s.id,
      current: s.id === sessionId,
      userAgent: s.userAgent,
      ip: s.ip,
      createdAt: s.createdAt.toISOString(),
      lastUsedAt: s.lastUsedAt.toISOString(),
      expiresAt: s.expiresAt.toISOString(),
    }));
  }

  /** @throws AppError not_found where one is named that is not a live session of the caller */
  async revoke(
    { tenantId, agentId, sessionId }: Principal,
    which: RpcRequest<typeof sessionRevoke>['which'],
  ): Promise<{ revoked: number }> {
    const choice =
      which === 'all'
        ? {}
        : which === 'others'
          ? { not: sessionId }
          : { only: which === 'current' ? sessionId : which };
    const ended = await this.own.end(tenantId, agentId, choice);
    if (ended.length === 0 && 'only' in choice && which !== 'current')
      throw new AppError('not_found', 'You have no such session: it may have ended already.');
    await this.access.announce(ended.map((id) => ({ kind: 'session', id })));
    return { revoked: ended.length };
  }

  /** Null where the password was changed, or the agent deactivated or asked for more, since it was looked at. */
  private async open(
    subject: Subject,
    proof: Proof,
    { userAgent, ip }: Device,
  ): Promise<SessionTokens | null> {
    const sessionId = uuidv7();
    const refreshToken = newToken();
    const isOpen = await this.sessions.create(
      { id: sessionId, agentId: subject.agentId, userAgent: userAgent ?? null, ip: ip ?? null },
      { token: digest(refreshToken), proof, days: this.config.REFRESH_TOKEN_TTL_DAYS },
    );
    return isOpen ? this.answer({ ...subject, sessionId }, refreshToken) : null;
  }

  private async answer(subject: TokenSubject, refreshToken: string): Promise<SessionTokens> {
    return { ...(await this.accessTokens.issue(subject)), refreshToken };
  }
}

function answered(tokens: SessionTokens | null): SessionTokens {
  signIns.inc({ outcome: tokens ? 'ok' : 'refused' });
  if (!tokens) throw new AppError('invalid_credentials', 'The email or the password is wrong.');
  return tokens;
}

function subjectOf(credential: Credential): Subject {
  const {
    passwordHash: _,
    admitted: _in,
    ssoOnly: _sso,
    hasMfa: _has,
    needsMfa: _needs,
    ...subject
  } = credential;
  return subject;
}
