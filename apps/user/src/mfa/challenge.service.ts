import { Injectable } from '@nestjs/common';
import { AppError } from '@scrm/platform';
import { digest, newToken } from '../secret-token';
import { CHALLENGE_TTL_S, ChallengeRepository, type OpenChallenge } from './challenge.repository';
import type { SignInChallenge } from './mfa.entity';
import { SecondFactorService } from './second-factor.service';

type Kind = SignInChallenge['kind'];

const PROBLEMS = {
  code: ['mfa_required', 'Send the challenge with a code of your authenticator, or a recovery code.'],
  enrolment: [
    'mfa_enrolment_required',
    'Your role signs in with a second factor: set one up with the challenge.',
  ],
} as const;

/** What somebody has who gave the right password, and whom that alone does not let in. */
@Injectable()
export class ChallengeService {
  constructor(
    private readonly repository: ChallengeRepository,
    private readonly factors: SecondFactorService,
  ) {}

  /** @returns the error that says so */
  async issue(
    { tenantId, agentId }: { tenantId: string; agentId: string },
    passwordHash: string,
    kind: Kind,
  ): Promise<AppError> {
    const token = newToken();
    const passwordDigest = digest(passwordHash);
    await this.repository.insert({ hash: digest(token), tenantId, agentId, kind, passwordDigest });
    const [code, detail] = PROBLEMS[kind];
    return new AppError(code, detail, undefined, undefined, { token, expiresIn: CHALLENGE_TTL_S });
  }

  /** @throws AppError challenge_over */
  async find(token: string, kind: Kind): Promise<OpenChallenge> {
    const found = await this.repository.find(digest(token), kind);
    if (!found) throw challengeOver();
    return found;
  }

  /** Uses challenge and code up, both or neither. @throws AppError challenge_over, invalid_code, too_many_requests */
  async pass(token: string, typed: { code: string; ip?: string }): Promise<OpenChallenge> {
    const found = await this.find(token, 'code');
    await this.factors.use(found.agentId, typed, {
      before: () => this.countTry(token),
      alongside: async (manager) => {
        if (!(await this.repository.consume(digest(token), manager))) throw challengeOver();
      },
    });
    return found;
  }

  /** @throws AppError challenge_over */
  async countTry(token: string): Promise<void> {
    if (!(await this.repository.countTry(digest(token)))) throw challengeOver();
  }

  async end(token: string): Promise<void> {
    await this.repository.end(digest(token));
  }
}

/** Whether it is the password that was checked when the challenge was made. */
export const isOfPassword = ({ passwordDigest }: OpenChallenge, passwordHash: string): boolean =>
  digest(passwordHash).equals(passwordDigest);

export const challengeOver = () =>
  new AppError('challenge_over', 'This sign-in is over: begin again with your password.');
