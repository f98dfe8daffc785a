import { z } from 'zod';
import { defineRpc } from '../contract';
import { timestamp } from '../views';
import { sessionTokens } from './session';
import { uuid } from '../uuid';

/** From where, as in signing in: wrong codes and passwords are counted. */
const ip = z.string().max(45).optional();
const userAgent = z.string().max(500).optional();
/** Six digits of the authenticator, or a recovery code. */
const code = z.string().max(50);
const challenge = z.string().max(100);
/** One of the two. */
const proof = { currentPassword: z.string().max(1024).optional(), code: code.optional(), ip };

const recoveryCodes = z.array(z.string());
/** What an authenticator is told, as text and as the address that its QR code holds. Shown once. */
export const totpSeed = z.object({ secret: z.string(), uri: z.string() });
export type TotpSeed = z.infer<typeof totpSeed>;

export const mfaView = z.object({
  /** Null: there is none. */
  enabledAt: timestamp.nullable(),
  recoveryCodesLeft: z.number().int(),
  /** One's role must have it. */
  required: z.boolean(),
});
export type MfaView = z.infer<typeof mfaView>;

/** The caller's own second factor. */
export const mfaGet = defineRpc('user.mfa.get.v1', z.object({}), mfaView);

/** A seed for an authenticator; it counts once a code of it came. Errors: invalid_credentials, too_many_requests, conflict. */
export const mfaEnrol = defineRpc(
  'user.mfa.enrol.v1',
  z.object({ currentPassword: z.string().max(1024), ip }),
  totpSeed,
);

/** From now on signing in takes a code; all other sessions end. Errors: invalid_code, too_many_requests, conflict. */
export const mfaConfirm = defineRpc(
  'user.mfa.confirm.v1',
  z.object({ code, ip }),
  z.object({ recoveryCodes }),
);

/** Errors: invalid_credentials, invalid_code, too_many_requests, conflict (none is there, or the role must have it). */
export const mfaRemove = defineRpc('user.mfa.remove.v1', z.object(proof), mfaView);

/** New ones in place of those before. Errors: as of removing it. */
export const recoveryCodeCreate = defineRpc(
  'user.recovery-code.create.v1',
  z.object(proof),
  z.object({ recoveryCodes }),
);

/** Takes another agent's second factor away, and signs them out. Errors: not_found; forbidden (one's own); conflict. */
export const mfaReset = defineRpc('user.mfa.reset.v1', z.object({ agentId: uuid }), mfaView);

/** The second step of signing in. Errors: challenge_over, invalid_code, too_many_requests. */
export const sessionComplete = defineRpc(
  'user.session.complete.v1',
  z.object({ challenge, code, userAgent, ip }),
  sessionTokens,
);

/** For whose role must have a second factor, and who has none: the same as enrolling. Errors: challenge_over. */
export const mfaChallengeEnrol = defineRpc('user.mfa-challenge.enrol.v1', z.object({ challenge }), totpSeed);

/** Confirms it, and signs in. Errors: challenge_over, invalid_code, too_many_requests, conflict. */
export const mfaChallengeConfirm = defineRpc(
  'user.mfa-challenge.confirm.v1',
  z.object({ challenge, code, userAgent, ip }),
  sessionTokens.extend({ recoveryCodes }),
);
