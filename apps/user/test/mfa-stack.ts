import {
  mfaChallengeConfirm,
  mfaChallengeEnrol,
  mfaConfirm,
  mfaEnrol,
  sessionComplete,
  type Challenge,
} from '@scrm/contracts';
import { Secret, TOTP } from 'otpauth';
import { alter, type UserStack } from './stack';

/** The code of an authenticator, `steps` from now. */
export const codeOf = (secret: string, steps = 0) =>
  TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: Date.now() + steps * 30_000 });

/** A code that is not good now, nor one step around. */
export function wrongCode(secret: string): string {
  const good = [-2, -1, 0, 1, 2].map((steps) => codeOf(secret, steps));
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !good.includes(code))!;
}

export const challengeOf = (attempt: Promise<unknown>): Promise<Challenge & { code: string }> =>
  attempt.then(
    () => {
      throw new Error('signed in without a second step');
    },
    (error: { code: string; challenge?: Challenge }) => {
      if (!error.challenge) throw error;
      return { code: error.code, ...error.challenge };
    },
  );

interface Account {
  email: string;
  password: string;
}

/** What people and their authenticators do. */
export function mfaOf(stack: UserStack) {
  const options = { timeoutMs: 30_000 };
  return {
    challenge: async (account: Account) => (await challengeOf(stack.signIn(account))).token,
    complete: (challenge: string, code: string, ip?: string) =>
      stack.rpc.call(sessionComplete, { challenge, code, ...(ip && { ip }) }, options),
    enrol: (token: string, currentPassword: string) =>
      stack.rpc.call(mfaEnrol, { currentPassword }, { token }),
    confirm: (token: string, code: string) => stack.rpc.call(mfaConfirm, { code }, { token }),
    enrolBy: (challenge: string) => stack.rpc.call(mfaChallengeEnrol, { challenge }),
    confirmBy: (challenge: string, code: string) => stack.rpc.call(mfaChallengeConfirm, { challenge, code }),
    /** As if time had passed: codes of this moment are good once more. */
    forgetSteps: () => stack.query('UPDATE mfa_totp SET last_step = last_step - 10'),
    /** Nobody has a second factor. */
    forget: async () => {
      for (const table of ['recovery_code', 'mfa_totp', 'sign_in_challenge'])
        await alter(stack.databaseUrl, table, `DELETE FROM ${table}`);
    },
    forgetTries: () => stack.query('DELETE FROM sign_in_attempt'),
  };
}
