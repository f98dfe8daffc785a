import { Secret, TOTP } from 'otpauth';

const STEP_S = 30;
/** Clocks differ, and typing takes time: a code of the step before or after is good, too. */
const WINDOW = 1;

/** 160 bits in base32, as RFC 4226 wants them. */
export const newSeed = (): string => new Secret({ size: 20 }).base32;

/** What the QR code for an authenticator holds. */
export const uriOf = (seed: string, { issuer, label }: { issuer: string; label: string }): string =>
  new TOTP({ issuer, label, secret: seed }).toString();

export const isTotp = (code: string): boolean => /^\d{6}$/.test(code);

/** The step that the code belongs to; null where it is wrong at this time. */
export function stepOf(seed: string, code: string, now = Date.now()): number | null {
  if (!isTotp(code)) return null;
  const secret = Secret.fromBase32(seed);
  const delta = TOTP.validate({ token: code, secret, period: STEP_S, timestamp: now, window: WINDOW });
  return delta === null ? null : Math.floor(now / 1000 / STEP_S) + delta;
}
