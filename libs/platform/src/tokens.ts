import { createPublicKey } from 'node:crypto';
import { principalSchema, type Principal } from '@scrm/contracts';
import jwt from 'jsonwebtoken';
import { AppError } from './errors';
import { KEYS_FRESH_MS, PublishedKeys, type KeySource } from './published-keys';
import { Revocations } from './revocations';

export const TOKEN_ALGORITHM = 'ES256';
const KNOWN_TOKENS = 10_000;

export type TokenVerifierOptions = {
  issuer: string;
  audience: string;
  revocations?: Revocations;
} & KeySource;

/**
 * Checks access tokens against the keys that the user service publishes. Keys are cached, so a dead user service
 * signs nobody out. A token that was checked once is remembered until it ends: the hot road pays for the signature
 * once every few minutes, not once per request. Whether it ended before its time is asked each time.
 */
export class TokenVerifier {
  private readonly keys: PublishedKeys;
  private readonly known = new Map<string, { principal: Principal; until: number }>();
  private readonly revocations: Revocations;

  constructor(private readonly options: TokenVerifierOptions) {
    this.revocations = options.revocations ?? new Revocations();
    this.keys = new PublishedKeys(options);
  }

  /** The public key that signed, as PEM. Also passport's `secretOrKeyProvider`. */
  async keyOf(token: string): Promise<string> {
    const header = headerOf(token);
    if (!header?.kid || header.alg !== TOKEN_ALGORITHM || header.typ !== 'JWT') {
      throw new AppError('unauthenticated', 'The access token is not one of ours: sign in again.');
    }
    const key = await this.keys.find(header.kid).catch(() => {
      throw new AppError(
        'unavailable',
        'The keys that tokens are checked with could not be read: try again.',
      );
    });
    if (!key) throw new AppError('unauthenticated', 'The token was signed by an unknown key.');
    return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  }

  /** Lets in whom a token speaks for that was checked otherwise. @throws AppError as {@link verify} */
  admit(principal: Principal): Principal {
    return this.revocations.check(principal);
  }

  /** @throws AppError unauthenticated (forged, expired, malformed, revoked), unavailable (no keys yet) */
  async verify(token: string): Promise<Principal> {
    return this.admit(await this.principalOf(token));
  }

  private async principalOf(token: string): Promise<Principal> {
    const now = Date.now();
    const known = this.known.get(token);
    if (known && known.until > now) return known.principal;
    const key = await this.keyOf(token);
    const principal = this.read(token, key);
    if (this.known.size >= KNOWN_TOKENS) this.known.delete(this.known.keys().next().value!);
    // Not longer than its key is believed: a token of a stolen one may say that it never ends.
    this.known.set(token, { principal, until: Math.min(principal.expiresAt * 1000, now + KEYS_FRESH_MS) });
    return principal;
  }

  private read(token: string, key: string): Principal {
    try {
      const { issuer, audience } = this.options;
      const claims = jwt.verify(token, key, {
        algorithms: [TOKEN_ALGORITHM],
        issuer,
        audience,
      }) as jwt.JwtPayload;
      return principalOf(claims);
    } catch (error) {
      const expired = error instanceof jwt.TokenExpiredError;
      throw new AppError(
        'unauthenticated',
        expired
          ? 'The access token has expired: refresh it.'
          : 'The access token is not valid: sign in again.',
      );
    }
  }
}

/** Undefined where the token cannot be read at all: `decode` throws where its claims are not JSON. */
function headerOf(token: string): jwt.JwtHeader | undefined {
  try {
    return jwt.decode(token, { complete: true })?.header;
  } catch {
    return undefined;
  }
}

/** The principal in the claims of a token whose signature was checked. */
export function principalOf(claims: jwt.JwtPayload): Principal {
  return principalSchema.parse({
    kind: claims.knd,
    agentId: claims.sub,
    tenantId: claims.tid,
    role: claims.role,
    grants: claims.grants,
    teamIds: claims.teams,
    sessionId: claims.sid,
    agentVersion: claims.av,
    tenantVersion: claims.tv,
    expiresAt: claims.exp,
  });
}

/** The token of an `Authorization: Bearer` header. */
export function bearerToken(header: unknown): string {
  const match = typeof header === 'string' ? /^Bearer ([\w.~+/=-]+)$/i.exec(header) : null;
  if (!match) throw new AppError('unauthenticated', 'Send an access token: Authorization: Bearer <token>.');
  return match[1]!;
}
