import { Injectable } from '@nestjs/common';
import type {
  mfaChallengeConfirm,
  RpcRequest,
  RpcResponse,
  sessionComplete,
  SessionTokens,
  TotpSeed,
} from '@scrm/contracts';
import type { OpenChallenge } from '../mfa/challenge.repository';
import { challengeOver, ChallengeService } from '../mfa/challenge.service';
import { MfaService } from '../mfa/mfa.service';
import { SessionService } from './session.service';

/** From the challenge that the right password gave to a session. */
@Injectable()
export class SecondStepService {
  constructor(
    private readonly challenges: ChallengeService,
    private readonly mfa: MfaService,
    private readonly sessions: SessionService,
  ) {}

  /** @throws AppError challenge_over, invalid_code, too_many_requests */
  async complete({
    challenge,
    code,
    userAgent,
    ip,
  }: RpcRequest<typeof sessionComplete>): Promise<SessionTokens> {
    const passed = await this.challenges.pass(challenge, { code, ip });
    return this.sessions.openPassed(passed, { userAgent, ip });
  }

  /** @throws AppError challenge_over, conflict */
  async enrol(challenge: string): Promise<TotpSeed> {
    const found = await this.challenges.find(challenge, 'enrolment');
    await this.mustHold(found);
    return this.mfa.enrol(found);
  }

  /** @throws AppError challenge_over, invalid_code, too_many_requests, conflict */
  async confirm({
    challenge,
    code,
    userAgent,
    ip,
  }: RpcRequest<typeof mfaChallengeConfirm>): Promise<RpcResponse<typeof mfaChallengeConfirm>> {
    const found = await this.challenges.find(challenge, 'enrolment');
    await this.challenges.countTry(challenge);
    const recoveryCodes = await this.mfa.confirm(found, { code, ip }, () => this.mustHold(found));
    await this.challenges.end(challenge);
    return { ...(await this.sessions.openPassed(found, { userAgent, ip })), recoveryCodes };
  }

  /** Whoever had their password once must not make the second factor theirs. @throws AppError challenge_over */
  private async mustHold(challenge: OpenChallenge): Promise<void> {
    const holder = await this.sessions.holderOf(challenge);
    if (!holder || holder.ssoOnly) throw challengeOver();
  }
}
